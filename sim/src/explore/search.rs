//! Breadth first, so that the first play that breaks something is a shortest one.

use super::{
    Explored, Scope,
    action::Action,
    names::Names,
    report::{Breach, Counterexample, Coverage, Exploration},
    scene::Scene,
    turn::Stage,
};

/// How a state was first reached: all that is kept of it, besides its name, once its successors are known.
#[derive(Clone, Copy)]
struct Birth {
    parent: u32,
    action: Action,
}

/// Visits every state that the subject's nodes can reach within the scope, or as many as the scope allows.
///
/// The result is a function of the two arguments. It needs memory for the states of two neighbouring depths, and about
/// 40 bytes for each of the others.
pub fn explore<S: Explored>(subject: &S, scope: &Scope) -> Exploration {
    let mut stage = Stage::new(subject, scope);
    let mut report = Exploration {
        scope: *scope,
        states: 0,
        transitions: 0,
        node_states: 0,
        depth: 0,
        closed: false,
        coverage: Coverage::default(),
        counterexample: None,
    };
    let mut births = Vec::new();
    let end = match stage.begin() {
        Ok(scene) => search(&mut stage, scene, &mut births, &mut report),
        Err(_) => End::Broken(Vec::new()),
    };
    report.closed = matches!(end, End::Closed);
    report.node_states = stage.met.len() as u64;
    if let End::Broken(actions) = end {
        report.counterexample = Some(replay(subject, scope, &actions));
    }
    report
}

enum End {
    Closed,
    Capped,
    /// By the play of these actions.
    Broken(Vec<Action>),
}

fn search<S: Explored>(
    stage: &mut Stage<'_, S>,
    first: Scene<S>,
    births: &mut Vec<Birth>,
    report: &mut Exploration,
) -> End {
    let most = report.scope.states as usize;
    let (mut visited, mut actions) = (Names::new(), Vec::new());
    visited.insert(first.name);
    report.states = 1;
    // The state number n was born from `births[n - 1]`; number 0 is the first.
    let (mut layer, mut next) = (vec![(0_u32, first)], Vec::new());
    while !layer.is_empty() {
        for (parent, mut scene) in layer.drain(..) {
            scene.actions(&mut actions);
            for action in actions.drain(..) {
                report.transitions += 1;
                report.coverage.count(action, unsynced(&scene, action));
                let Ok(change) = stage.turn(&mut scene, action) else {
                    return End::Broken(path(births, parent, action));
                };
                if change.is_void(&scene, action) || !visited.insert(change.name) {
                    continue;
                }
                if visited.len() > most {
                    return End::Capped;
                }
                births.push(Birth { parent, action });
                report.states += 1;
                let number = u32::try_from(births.len()).unwrap_or(u32::MAX);
                next.push((number, change.made(&scene)));
            }
        }
        core::mem::swap(&mut layer, &mut next);
        if !layer.is_empty() {
            report.depth += 1;
        }
    }
    End::Closed
}

fn unsynced<S: Explored>(scene: &Scene<S>, action: Action) -> usize {
    let Action::Crash { node, .. } = action else { return 0 };
    scene.nodes[usize::from(node)].unsynced.len()
}

/// The actions that lead from the first state to `state`, and `last`.
fn path(births: &[Birth], mut state: u32, last: Action) -> Vec<Action> {
    let mut actions = vec![last];
    while let Some(birth) = state.checked_sub(1).and_then(|at| births.get(at as usize)) {
        actions.push(birth.action);
        state = birth.parent;
    }
    actions.reverse();
    actions
}

/// Plays the actions again from the start, this time in words.
fn replay<S: Explored>(subject: &S, scope: &Scope, actions: &[Action]) -> Counterexample {
    let mut stage = Stage::new(subject, scope);
    stage.play = Some(Vec::new());
    let mut played = 0;
    let breach = play(&mut stage, actions, &mut played)
        .err()
        .unwrap_or_else(|| Breach::new("deterministic", "the same actions, played again, break nothing"));
    Counterexample { breach, actions: played, play: stage.play.take().unwrap_or_default() }
}

fn play<S: Explored>(stage: &mut Stage<'_, S>, actions: &[Action], played: &mut u32) -> Result<(), Breach> {
    let mut scene = stage.begin()?;
    let mut possible = Vec::new();
    for action in actions {
        scene.actions(&mut possible);
        if !possible.contains(action) {
            return Err(Breach::new("deterministic", format!("played again, {action:?} is not possible")));
        }
        *played += 1;
        scene = stage.turn(&mut scene, *action)?.made(&scene);
    }
    Ok(())
}
