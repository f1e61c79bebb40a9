//! The tasks of a node.

use std::sync::Arc;

use sinew_runtime::{Spawner, Task};

use crate::{NodeId, shared::Shared};

/// Starts tasks that end with the node's present life.
#[derive(Clone, Debug)]
pub(crate) struct NodeSpawner {
    pub(crate) shared: Arc<Shared>,
    pub(crate) node: NodeId,
    /// After a crash this is another, and what was left of the old one starts nothing.
    pub(crate) life: u32,
}

impl Spawner for NodeSpawner {
    fn spawn(&self, name: &'static str, task: Task) {
        let is_alive = self
            .shared
            .with(|core| core.node(self.node).is_alive(self.life));
        if is_alive {
            self.shared.executor.spawn(self.node, name, task);
        }
    }
}
