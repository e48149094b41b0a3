use crate::job::{Job, State};

/// Collects jobs and writes one line about each.
#[derive(Default)]
pub struct Report {
    lines: Vec<String>,
    failures: usize,
}

impl Report {
    pub fn new() -> Report {
        Report::default()
    }

    pub fn add(&mut self, job: &Job) {
        if job.state() == State::Failed {
            self.failures += 1;
        }
        self.lines.push(format!("#{} {} {}", job.id(), job.name(), job.state()));
    }

    pub fn failures(&self) -> usize {
        self.failures
    }

    pub fn text(&self) -> String {
        self.lines.join("\n")
    }
}
