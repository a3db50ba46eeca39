//! What must hold of the register in every play of a small world.

use quorate_machine::Effect;
use quorate_sim::{
    Step,
    explore::{Breach, Explored, Node, View},
};

use super::{
    Toy,
    register::{Event, Version},
};

/// What was acknowledged, and what is on which disk.
#[derive(Clone, Debug, Default, Hash)]
pub struct Seen {
    written: Version,
    disks: Vec<Version>,
}

impl Explored for Toy {
    type Ghost = Seen;

    fn check(&self, view: &View<'_, Self>, step: &Step<'_, Self>, seen: &mut Seen) -> Result<(), Breach> {
        for effect in step.effects {
            if let Effect::Emit(Event::Written { version, .. }) = effect {
                seen.written = seen.written.max(*version);
            }
        }
        let written = seen.written;
        let keeps = |image: &Version| image.number > written.number || *image == written;
        let kept = view.nodes().filter(|node| keeps(node.image())).count();
        let nodes = view.nodes().len();
        if kept <= nodes / 2 {
            return Err(Breach::new("written is kept", format!("{written:?} is on {kept} of {nodes} disks")));
        }
        let disks: Vec<_> = view.nodes().map(Node::image).copied().collect();
        if disks.iter().zip(&seen.disks).any(|(now, before)| now < before) {
            return Err(Breach::new(
                "versions rise",
                format!("{:?} were on the disks, now {disks:?}", seen.disks),
            ));
        }
        seen.disks = disks;
        Ok(())
    }
}
