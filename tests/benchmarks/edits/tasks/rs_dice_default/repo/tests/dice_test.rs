#[path = "../src/dice.rs"]
mod dice;

use dice::{Dice, DiceError};

#[test]
fn reads_dice() {
    assert_eq!(Dice::parse("3d6"), Ok(Dice { count: 3, sides: 6, bonus: 0 }));
    assert_eq!(Dice::parse(" 2D10+5 "), Ok(Dice { count: 2, sides: 10, bonus: 5 }));
    assert_eq!(Dice::parse("1d8-1"), Ok(Dice { count: 1, sides: 8, bonus: -1 }));
}

#[test]
fn refuses_what_is_no_dice() {
    assert_eq!(Dice::parse("six"), Err(DiceError::NoDice));
    assert_eq!(Dice::parse("xd6"), Err(DiceError::BadNumber("x".to_string())));
    assert_eq!(Dice::parse("0d6"), Err(DiceError::OutOfRange));
    assert_eq!(Dice::parse("2d1"), Err(DiceError::OutOfRange));
}

#[test]
fn rolls() {
    let dice = Dice::parse("2d6+1").unwrap();
    assert_eq!((dice.min(), dice.max()), (3, 13));
    assert_eq!(dice.roll(|sides| sides - 1), 13);
    assert_eq!(dice.to_string(), "2d6+1");
}

#[test]
fn one_die_is_the_default() {
    assert_eq!(Dice::parse("d12"), Ok(Dice { count: 1, sides: 12, bonus: 0 }));
    assert_eq!(Dice::parse("d4-1"), Ok(Dice { count: 1, sides: 4, bonus: -1 }));
}
