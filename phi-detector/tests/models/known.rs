//! Values that were computed with fifty digits.
#![allow(
    clippy::approx_constant,
    clippy::excessive_precision,
    reason = "they are written as they were computed, with more digits than a float has"
)]

use quorate_phi_detector::{
    Threshold, gauss,
    model::{Exponential, Normal},
};

use super::kinds::{Peer, ms, window};

/// φ after so many deviations, in the normal model.
const PHI: [(f64, f64); 30] = [
    (-10.0, 3.309_260_121_306_722_3e-24),
    (-6.0, 4.284_695_703_651_578_3e-10),
    (-5.0, 1.244_912_137_388_291_7e-7),
    (-3.0, 5.866_493_137_900_666_9e-4),
    (-2.0, 9.994_379_534_108_708_9e-3),
    (-1.0, 0.075_026_012_957_818_023),
    (-0.5, 0.160_231_392_277_849_02),
    (0.0, 0.301_029_995_663_981_20),
    (0.5, 0.510_691_989_265_240_77),
    (1.0, 0.799_545_541_491_970_50),
    (2.0, 1.643_016_080_140_937_0),
    (2.5, 2.206_931_805_795_301_1),
    (3.0, 2.869_699_035_929_369_1),
    (3.5, 3.633_335_998_656_066_6),
    (4.0, 4.499_334_907_556_478_9),
    (5.0, 6.542_645_672_390_654_5),
    (6.0, 9.005_864_327_476_704_2),
    (8.0, 15.206_142_551_017_155),
    (8.3, 16.283_531_730_414_626),
    (10.0, 23.118_053_405_486_076),
    (15.0, 50.435_219_614_275_511),
    (20.0, 88.560_095_343_075_592),
    (30.0, 197.309_209_261_660_95),
    (38.4, 322.180_350_803_290_24),
    (40.0, 349.437_006_459_345_84),
    (50.0, 544.966_335_861_996_66),
    (100.0, 2_173.871_542_869_034_4),
    (1000.0, 217_150.640_041_994_39),
    // Far beyond any probability that a float can be.
    (25.0, 137.514_747_650_995_53),
    (200.0, 8_688.589_768_851_563_1),
];

/// How many deviations a threshold is.
const DEVIATIONS: [(f64, f64); 14] = [
    (0.5, 0.478_273_532_376_162_67),
    (1.0, 1.281_551_565_544_600_5),
    (2.0, 2.326_347_874_040_841_1),
    (3.0, 3.090_232_306_167_813_5),
    (5.0, 4.264_890_793_922_824_6),
    (8.0, 5.612_001_244_174_788_7),
    (10.0, 6.361_340_902_404_056_2),
    (12.0, 7.034_483_825_301_131_9),
    (16.0, 8.222_082_216_130_435_6),
    (32.0, 11.856_133_217_218_310),
    (100.0, 21.273_453_560_965_324),
    (300.0, 37.047_096_299_361_199),
    (323.0, 38.449_084_158_906_407),
    (1000.0, 67.785_685_596_602_620),
];

/// φ after so many mean intervals, in the exponential model.
const DECADES: [(f64, f64); 9] = [
    (0.5, 0.217_147_240_951_625_91),
    (1.0, 0.434_294_481_903_251_83),
    (2.0, 0.868_588_963_806_503_66),
    (5.0, 2.171_472_409_516_259_1),
    (10.0, 4.342_944_819_032_518_3),
    (18.0, 7.817_300_674_258_532_9),
    (19.0, 8.251_595_156_161_784_7),
    (100.0, 43.429_448_190_325_183),
    (1000.0, 434.294_481_903_251_83),
];

/// How many places in the last the two are apart.
fn apart(is: f64, known: f64) -> u64 {
    is.to_bits().abs_diff(known.to_bits())
}

fn compare(what: &str, at: f64, is: f64, known: f64, worst: &mut u64) -> Result<(), String> {
    let apart = apart(is, known);
    *worst = (*worst).max(apart);
    if apart > 4 { Err(format!("{what} of {at} is {is}, not {known}")) } else { Ok(()) }
}

pub(crate) fn normal_phi_is_known_to_four_places() -> Result<String, String> {
    let mut worst = 0;
    for (y, known) in PHI {
        compare("φ", y, gauss::phi(y), known, &mut worst)?;
    }
    for (phi, known) in DEVIATIONS {
        let threshold = Threshold::new(phi).map_err(|error| error.to_string())?;
        compare("the quantile", phi, threshold.deviations(), known, &mut worst)?;
    }
    Ok(format!("{} values, at most {worst} places off", PHI.len() + DEVIATIONS.len()))
}

/// The same by way of the model: a mean of a second and a deviation of 100 ms.
pub(crate) fn normal_horizons_are_known_to_the_nanosecond() -> Result<String, String> {
    let model = Normal::new(window(64, ms(10_000)), ms(100), ms(1_000)).expect("a model");
    let mut peer = Peer::new(model.into());
    for _ in 0..64 {
        peer.hears(1_000_000_000);
    }
    let mut worst = 0;
    for (y, known) in PHI.into_iter().filter(|(y, _)| *y >= -10.0 && y.fract() == 0.0) {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole and positive")]
        let silence = (1e9 + y * 1e8) as u64;
        compare("φ of the model", y, peer.phi(silence), known, &mut worst)?;
    }
    for (phi, y) in DEVIATIONS {
        let threshold = Threshold::new(phi).map_err(|error| error.to_string())?;
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few seconds")]
        let known = (1e9 + y * 1e8).ceil() as u64;
        let horizon = peer.horizon(&threshold);
        if horizon != known {
            return Err(format!("the horizon of {phi} is {horizon}, not {known}"));
        }
    }
    Ok(format!("{} horizons; φ is at most {worst} places off", DEVIATIONS.len()))
}

pub(crate) fn exponential_is_known_to_four_places() -> Result<String, String> {
    let model = Exponential::new(window(64, ms(10_000)), ms(1_000)).expect("a model");
    let mut peer = Peer::new(model.into());
    peer.hears(1_000_000_000);
    let mut worst = 0;
    for (means, known) in DECADES {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole and positive")]
        let silence = (means * 1e9) as u64;
        compare("φ", means, peer.phi(silence), known, &mut worst)?;
    }
    // Φ · ln 10 means, the least whole nanosecond.
    for (phi, known) in
        [(1.0, 2_302_585_093), (3.0, 6_907_755_279), (8.0, 18_420_680_744), (12.0, 27_631_021_116_u64)]
    {
        let threshold = Threshold::new(phi).map_err(|error| error.to_string())?;
        let horizon = peer.horizon(&threshold);
        if horizon != known {
            return Err(format!("the horizon of {phi} is {horizon}, not {known}"));
        }
    }
    Ok(format!("{} values, at most {worst} places off, and four horizons", DECADES.len()))
}
