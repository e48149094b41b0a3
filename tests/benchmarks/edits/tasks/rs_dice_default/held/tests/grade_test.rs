#[path = "../src/dice.rs"]
mod dice;

use dice::{Dice, DiceError};

fn dice(count: u32, sides: u32, bonus: i32) -> Result<Dice, DiceError> {
    Ok(Dice { count, sides, bonus })
}

fn bad(text: &str) -> Result<Dice, DiceError> {
    Err(DiceError::BadNumber(text.to_string()))
}

#[test]
fn one_die_needs_no_number() {
    assert_eq!(Dice::parse("d20"), dice(1, 20, 0));
    assert_eq!(Dice::parse("d6+2"), dice(1, 6, 2));
    assert_eq!(Dice::parse("  D8-1 "), dice(1, 8, -1));
    assert_eq!(Dice::parse("d20").unwrap().to_string(), "1d20");
}

#[test]
fn other_numbers_must_be_there() {
    assert_eq!(Dice::parse("d"), bad(""));
    assert_eq!(Dice::parse("2d"), bad(""));
    assert_eq!(Dice::parse("2d+1"), bad(""));
    assert_eq!(Dice::parse("2d6+"), bad(""));
    assert_eq!(Dice::parse("d6-"), bad(""));
}

#[test]
fn bounds_are_as_they_were() {
    assert_eq!(Dice::parse("d1"), Err(DiceError::OutOfRange));
    assert_eq!(Dice::parse("0d6"), Err(DiceError::OutOfRange));
    assert_eq!(Dice::parse("101d6"), Err(DiceError::OutOfRange));
    assert_eq!(Dice::parse("100d2"), dice(100, 2, 0));
}

#[test]
fn nonsense_is_refused() {
    assert_eq!(Dice::parse(""), Err(DiceError::NoDice));
    assert_eq!(Dice::parse("20"), Err(DiceError::NoDice));
    assert_eq!(Dice::parse("xd6"), bad("x"));
    assert_eq!(Dice::parse("-1d6"), bad("-1"));
    assert_eq!(Dice::parse("+d6"), bad("+"));
}

#[test]
fn dice_with_a_number_work() {
    assert_eq!(Dice::parse("2d10+5"), dice(2, 10, 5));
    let roll = Dice::parse("2d6+1").unwrap();
    assert_eq!((roll.min(), roll.max()), (3, 13));
    assert_eq!(roll.roll(|sides| sides - 1), 13);
}
