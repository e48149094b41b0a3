//! Dice as players write them: `3d6`, `2d10+5`, `1d8-1`.

use std::fmt;

const MAX_DICE: u32 = 100;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dice {
    pub count: u32,
    pub sides: u32,
    pub bonus: i32,
}

#[derive(Debug, PartialEq, Eq)]
pub enum DiceError {
    /// There is no `d` in the text.
    NoDice,
    /// What should be a number is none.
    BadNumber(String),
    /// No dice at all, more than anybody has, or dice with fewer than two sides.
    OutOfRange,
}

impl fmt::Display for Dice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}d{}", self.count, self.sides)?;
        if self.bonus != 0 {
            write!(f, "{:+}", self.bonus)?;
        }
        Ok(())
    }
}

fn number(text: &str) -> Result<u32, DiceError> {
    if text.chars().any(|c| !c.is_ascii_digit()) {
        return Err(DiceError::BadNumber(text.to_string()));
    }
    text.parse().map_err(|_| DiceError::BadNumber(text.to_string()))
}

impl Dice {
    /// Reads dice; spaces around them do not matter, nor does the case of the `d`.
    pub fn parse(text: &str) -> Result<Dice, DiceError> {
        let text = text.trim().to_lowercase();
        let (count, rest) = text.split_once('d').ok_or(DiceError::NoDice)?;
        let count = number(count)?;
        let (sides, bonus) = match rest.find(['+', '-']) {
            Some(position) => {
                let amount = number(&rest[position + 1..])? as i32;
                let sign = if rest[position..].starts_with('-') { -1 } else { 1 };
                (number(&rest[..position])?, sign * amount)
            }
            None => (number(rest)?, 0),
        };
        if count == 0 || count > MAX_DICE || sides < 2 {
            return Err(DiceError::OutOfRange);
        }
        Ok(Dice { count, sides, bonus })
    }

    /// The least that a roll can give.
    pub fn min(&self) -> i32 {
        self.count as i32 + self.bonus
    }

    /// The most that a roll can give.
    pub fn max(&self) -> i32 {
        (self.count * self.sides) as i32 + self.bonus
    }

    /// Rolls the dice; `random(n)` is asked for numbers from 0 to n - 1.
    pub fn roll(&self, mut random: impl FnMut(u32) -> u32) -> i32 {
        let sum: u32 = (0..self.count).map(|_| random(self.sides) + 1).sum();
        sum as i32 + self.bonus
    }
}
