use std::fmt;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Waiting,
    Running,
    Done,
    Failed,
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self {
            State::Waiting => "waiting",
            State::Running => "running",
            State::Done => "done",
            State::Failed => "failed",
        };
        f.write_str(word)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    id: u32,
    name: String,
    state: State,
}

impl Job {
    pub fn new(id: u32, name: &str) -> Job {
        Job { id, name: name.to_string(), state: State::Waiting }
    }

    pub fn id(&self) -> u32 {
        self.id
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn state(&self) -> State {
        self.state
    }

    pub fn start(&mut self) {
        self.state = State::Running;
    }

    pub fn finish(&mut self, well: bool) {
        self.state = if well { State::Done } else { State::Failed };
    }
}
