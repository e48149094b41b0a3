use std::collections::VecDeque;

use crate::job::Job;

/// The job that there was no room for.
#[derive(Debug, PartialEq, Eq)]
pub struct QueueFull(pub Job);

/// Jobs that wait, up to a number of them.
pub struct JobQueue {
    waiting: VecDeque<Job>,
    capacity: usize,
}

impl JobQueue {
    pub fn new(capacity: usize) -> JobQueue {
        JobQueue { waiting: VecDeque::new(), capacity }
    }

    pub fn push(&mut self, job: Job) -> Result<(), QueueFull> {
        if self.waiting.len() == self.capacity {
            return Err(QueueFull(job));
        }
        self.waiting.push_back(job);
        Ok(())
    }

    /// Takes the next job and starts it.
    pub fn pop(&mut self) -> Option<Job> {
        let mut job = self.waiting.pop_front()?;
        job.start();
        Some(job)
    }

    /// Removes a job before its turn has come.
    pub fn cancel(&mut self, id: u32) -> Option<Job> {
        let position = self.waiting.iter().position(|job| job.id() == id)?;
        self.waiting.remove(position)
    }

    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }
}
