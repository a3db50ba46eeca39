//! What `serde` makes of these clocks, and what it refuses.

use std::{error::Error, fmt::Debug};

use quorate_vclock::{BloomClock, HlcStamp, Lamport, LamportStamp, itc::Stamp};
use serde::{Serialize, de::DeserializeOwned};

fn returns<T: Serialize + DeserializeOwned + PartialEq + Debug>(
    value: &T,
    json: &str,
) -> Result<(), Box<dyn Error>> {
    assert_eq!(serde_json::to_string(value)?, json);
    assert_eq!(&serde_json::from_str::<T>(json)?, value);
    assert_eq!(&postcard::from_bytes::<T>(&postcard::to_allocvec(value)?)?, value);
    Ok(())
}

#[test]
fn clocks_come_back_from_json_and_postcard() -> Result<(), Box<dyn Error>> {
    returns(&Lamport::after(7), "7")?;
    returns(&LamportStamp::new(7, "a".to_owned()), r#"{"time":7,"actor":"a"}"#)?;
    returns(&HlcStamp::new(10, 3), r#"{"wall":10,"logical":3}"#)?;
    let (mut stamp, _) = Stamp::seed().fork()?;
    stamp.event()?;
    returns(&stamp, "[137,144]")?;
    let mut bloom = BloomClock::<6, 2>::new();
    bloom.increment(b"an event")?;
    returns(&bloom, "[0,1,0,0,1,0]")?;
    Ok(())
}

#[test]
fn what_is_no_clock_is_refused() {
    let stamp = |json| serde_json::from_str::<Stamp>(json).map_err(|error| error.to_string());
    assert!(stamp("[137,145]").is_err_and(|why| why.contains("not as it is encoded")));
    assert!(stamp("[137]").is_err_and(|why| why.contains("does not end")));
    assert!(stamp("[300]").is_err());
    assert!(serde_json::from_str::<BloomClock<6, 2>>("[1,0,0,1,0]").is_err());
    assert!(serde_json::from_str::<BloomClock<6, 2>>("[1,0,0,1,0,0,0]").is_err());
}
