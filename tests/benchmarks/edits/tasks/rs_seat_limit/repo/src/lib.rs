//! The seats of a small theatre, and who has them.

use std::collections::BTreeMap;
use std::fmt;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BookingError {
    /// The hall has no such seat.
    NoSuchSeat { row: usize, number: usize },
    /// Somebody else, or the same person, has the seat already.
    Taken { by: String },
    /// The seat is free, so there is nothing to cancel.
    NotReserved,
}

impl fmt::Display for BookingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BookingError::NoSuchSeat { row, number } => write!(f, "no seat {number} in row {row}"),
            BookingError::Taken { by } => write!(f, "taken by {by}"),
            BookingError::NotReserved => write!(f, "not reserved"),
        }
    }
}

impl std::error::Error for BookingError {}

/// A hall with rows of equal length. Rows and seats count from 1.
pub struct Hall {
    rows: usize,
    seats_per_row: usize,
    reserved: BTreeMap<(usize, usize), String>,
}

impl Hall {
    pub fn new(rows: usize, seats_per_row: usize) -> Hall {
        Hall { rows, seats_per_row, reserved: BTreeMap::new() }
    }

    fn check(&self, row: usize, number: usize) -> Result<(), BookingError> {
        let known = (1..=self.rows).contains(&row) && (1..=self.seats_per_row).contains(&number);
        if known {
            Ok(())
        } else {
            Err(BookingError::NoSuchSeat { row, number })
        }
    }

    /// Reserves a seat under a name.
    pub fn reserve(&mut self, row: usize, number: usize, name: &str) -> Result<(), BookingError> {
        self.check(row, number)?;
        if let Some(by) = self.reserved.get(&(row, number)) {
            return Err(BookingError::Taken { by: by.clone() });
        }
        self.reserved.insert((row, number), name.to_string());
        Ok(())
    }

    /// Frees a seat and returns the name that it was reserved under.
    pub fn cancel(&mut self, row: usize, number: usize) -> Result<String, BookingError> {
        self.check(row, number)?;
        self.reserved.remove(&(row, number)).ok_or(BookingError::NotReserved)
    }

    /// The seats of one person, row by row.
    pub fn seats_of(&self, name: &str) -> Vec<(usize, usize)> {
        self.reserved.iter().filter(|(_, by)| by.as_str() == name).map(|(seat, _)| *seat).collect()
    }

    pub fn free_seats(&self) -> usize {
        self.rows * self.seats_per_row - self.reserved.len()
    }

    /// A plan of the hall: one line for each row, `x` for a seat that is taken.
    pub fn plan(&self) -> String {
        let mut text = String::new();
        for row in 1..=self.rows {
            for number in 1..=self.seats_per_row {
                text.push(if self.reserved.contains_key(&(row, number)) { 'x' } else { '.' });
            }
            text.push('\n');
        }
        text
    }
}
