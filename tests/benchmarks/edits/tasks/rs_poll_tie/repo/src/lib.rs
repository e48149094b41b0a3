//! A poll among friends: everybody has one vote and may change their mind until the poll is closed.

use std::collections::HashMap;
use std::fmt;

#[derive(Debug, PartialEq, Eq)]
pub enum PollError {
    /// The poll has no such choice.
    UnknownChoice(String),
    /// The poll is closed.
    Closed,
}

impl fmt::Display for PollError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PollError::UnknownChoice(choice) => write!(f, "there is no choice {choice}"),
            PollError::Closed => write!(f, "the poll is closed"),
        }
    }
}

pub struct Poll {
    question: String,
    choices: Vec<String>,
    /// Which choice everybody made, by the position in `choices`.
    votes: HashMap<String, usize>,
    open: bool,
}

impl Poll {
    pub fn new(question: &str, choices: &[&str]) -> Poll {
        Poll {
            question: question.to_string(),
            choices: choices.iter().map(|choice| choice.to_string()).collect(),
            votes: HashMap::new(),
            open: true,
        }
    }

    /// Casts a vote, or changes it.
    pub fn vote(&mut self, voter: &str, choice: &str) -> Result<(), PollError> {
        if !self.open {
            return Err(PollError::Closed);
        }
        let position = self.choices.iter().position(|known| known == choice);
        let position = position.ok_or_else(|| PollError::UnknownChoice(choice.to_string()))?;
        self.votes.insert(voter.to_string(), position);
        Ok(())
    }

    /// Takes a vote back; tells whether there was one.
    pub fn withdraw(&mut self, voter: &str) -> bool {
        self.open && self.votes.remove(voter).is_some()
    }

    pub fn close(&mut self) {
        self.open = false;
    }

    /// How many votes each choice has, in the order of the choices.
    pub fn counts(&self) -> Vec<usize> {
        let mut counts = vec![0; self.choices.len()];
        for position in self.votes.values() {
            counts[*position] += 1;
        }
        counts
    }

    /// The choice with the most votes, or None as long as nobody has voted.
    pub fn winner(&self) -> Option<&str> {
        let counts = self.counts();
        let most = *counts.iter().max()?;
        if most == 0 {
            return None;
        }
        let position = counts.iter().position(|count| *count == most)?;
        Some(&self.choices[position])
    }

    /// The result as text, one line for each choice.
    pub fn summary(&self) -> String {
        let mut text = format!("{}\n", self.question);
        for (choice, count) in self.choices.iter().zip(self.counts()) {
            let mark = if self.winner() == Some(choice) { " *" } else { "" };
            text.push_str(&format!("{choice}: {count}{mark}\n"));
        }
        text
    }
}
