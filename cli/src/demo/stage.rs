use std::{collections::BTreeMap, net::SocketAddr, time::Duration};

use quorate_consistency::spec::KvOp;
use tokio::{
    sync::mpsc,
    time::{Instant, sleep, timeout},
};

use super::history::Recorder;
use crate::{
    connection::Connection,
    info::{self, NodeInfo},
    problem::Problem,
    process::{Layout, News, NodeProcess},
};

/// Nothing in a tour takes this long, unless something is wrong.
const PATIENCE: Duration = Duration::from_secs(15);
const ASK_AGAIN: Duration = Duration::from_millis(30);

/// The nodes of the tour, and what can be done to them.
pub(super) struct Stage {
    layout: Layout,
    nodes: BTreeMap<u16, NodeProcess>,
    tell: mpsc::UnboundedSender<(u16, News)>,
    news: mpsc::UnboundedReceiver<(u16, News)>,
}

impl Stage {
    /// Starts all nodes, and waits for their first leader.
    pub(super) async fn open(layout: Layout) -> Result<Self, Problem> {
        let (tell, news) = mpsc::unbounded_channel();
        let mut stage = Self { layout, nodes: BTreeMap::new(), tell, news };
        for id in stage.ids() {
            stage.start(id).await?;
        }
        let (leader, term) = stage.leader().await?;
        crate::terminal::say(format_args!("   Node {leader} leads in term {term}."));
        Ok(stage)
    }

    pub(super) fn ids(&self) -> impl Iterator<Item = u16> + use<> {
        self.layout.ids()
    }

    pub(super) fn clients(&self) -> Vec<SocketAddr> {
        self.ids().map(|id| self.layout.client(id)).collect()
    }

    pub(super) async fn start(&mut self, id: u16) -> Result<(), Problem> {
        self.nodes.insert(id, NodeProcess::start(&self.layout, id, self.tell.clone())?);
        self.wait_for(id, |news| matches!(news, News::Ready)).await
    }

    pub(super) async fn kill(&mut self, id: u16) -> Result<(), Problem> {
        if let Some(node) = self.nodes.get(&id) {
            node.kill();
        }
        self.wait_for(id, |news| matches!(news, News::Ended(_))).await?;
        self.nodes.remove(&id);
        Ok(())
    }

    pub(super) fn pause(&self, id: u16) {
        self.nodes.get(&id).into_iter().for_each(NodeProcess::pause);
    }

    pub(super) fn resume(&self, id: u16) {
        self.nodes.get(&id).into_iter().for_each(NodeProcess::resume);
    }

    async fn wait_for(&mut self, id: u16, expected: impl Fn(&News) -> bool) -> Result<(), Problem> {
        let mut complaint = None;
        let deadline = Instant::now() + PATIENCE;
        while let Ok(Some((from, news))) = tokio::time::timeout_at(deadline, self.news.recv()).await {
            if from != id {
                continue;
            }
            if expected(&news) {
                return Ok(());
            }
            match news {
                News::Complaint(line) => complaint = complaint.or(Some(line)),
                News::Ended(_) => break,
                News::Ready | News::Role { .. } => {}
            }
        }
        let why = complaint.unwrap_or_else(|| "it does not say why".to_owned());
        Err(Problem::new(format!("node {id} did not do what the tour needs ({why})")))
    }

    /// The leader and its term, once there is one whom a majority follows.
    pub(super) async fn leader(&self) -> Result<(u16, u64), Problem> {
        let found = async {
            loop {
                if let Some(leader) = self.try_leader().await {
                    return leader;
                }
                sleep(ASK_AGAIN).await;
            }
        };
        timeout(PATIENCE, found).await.map_err(|_| Problem::new("no leader was elected"))
    }

    async fn try_leader(&self) -> Option<(u16, u64)> {
        let mut votes: BTreeMap<(u64, u64), u16> = BTreeMap::new();
        for id in self.nodes.keys() {
            if let Ok(NodeInfo { term, leader: Some(leader), .. }) = self.ask(*id).await {
                *votes.entry((term, leader)).or_default() += 1;
            }
        }
        let ((term, leader), _) = votes.into_iter().find(|(_, votes)| *votes > self.layout.nodes / 2)?;
        let leader = u16::try_from(leader).ok()?;
        self.nodes.contains_key(&leader).then_some((leader, term))
    }

    /// Waits until a node shows all that was committed when this was called.
    pub(super) async fn wait_until_caught_up(&self, id: u16) -> Result<(), Problem> {
        let (leader, _) = self.leader().await?;
        let caught_up = async {
            let goal = loop {
                match self.ask(leader).await {
                    Ok(info) => break info.committed,
                    Err(_) => sleep(ASK_AGAIN).await,
                }
            };
            while self.ask(id).await.map_or(0, |info| info.applied) < goal {
                sleep(ASK_AGAIN).await;
            }
        };
        timeout(PATIENCE, caught_up).await.map_err(|_| Problem::new(format!("node {id} does not catch up")))
    }

    async fn ask(&self, id: u16) -> Result<NodeInfo, String> {
        info::ask(self.layout.client(id), Duration::from_millis(500)).await
    }

    /// Reads every key that was ever used, through each node.
    pub(super) async fn read_everything(&self, recorder: &Recorder) -> Result<(), Problem> {
        for address in self.clients() {
            let mut connection = Connection::open_any(&[address], PATIENCE).await?;
            for key in recorder.keys() {
                let call = recorder.begin(KvOp::Get(key.clone()));
                let reply = connection.call(&["GET", &key]).await.map_err(Problem::new)?;
                recorder.end(call, &reply);
            }
        }
        Ok(())
    }

    pub(super) async fn close(mut self) {
        for node in self.nodes.values_mut() {
            node.stop();
        }
        let all_ended = async {
            while !self.nodes.is_empty() {
                match self.news.recv().await {
                    Some((id, News::Ended(_))) => drop(self.nodes.remove(&id)),
                    Some(_) => {}
                    None => return,
                }
            }
        };
        // Those that do not stop in time are killed when this process ends.
        let _ = timeout(PATIENCE, all_ended).await;
    }
}
