//! A queue of jobs for one worker.

mod job;
mod queue;
mod report;

pub use job::{Job, State};
pub use queue::{JobQueue, QueueFull};
pub use report::Report;
