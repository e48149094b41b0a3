use hall::{BookingError, Hall};

#[test]
fn a_seat_is_reserved_once() {
    let mut hall = Hall::new(2, 3);
    assert_eq!(hall.reserve(1, 2, "Ada"), Ok(()));
    assert_eq!(hall.reserve(1, 2, "Bob"), Err(BookingError::Taken { by: "Ada".to_string() }));
    assert_eq!(hall.plan(), ".x.\n...\n");
}

#[test]
fn seats_outside_the_hall_do_not_exist() {
    let mut hall = Hall::new(2, 3);
    let error = hall.reserve(3, 1, "Ada").unwrap_err();
    assert_eq!(error.to_string(), "no seat 1 in row 3");
}

#[test]
fn cancelling_frees_the_seat() {
    let mut hall = Hall::new(2, 3);
    hall.reserve(2, 1, "Ada").unwrap();
    assert_eq!(hall.cancel(2, 1), Ok("Ada".to_string()));
    assert_eq!(hall.cancel(2, 1), Err(BookingError::NotReserved));
    assert_eq!(hall.free_seats(), 6);
}

#[test]
fn four_seats_are_enough() {
    let mut hall = Hall::new(2, 4);
    for number in 1..=4 {
        hall.reserve(1, number, "Ada").unwrap();
    }
    let error = hall.reserve(2, 1, "Ada").unwrap_err();
    assert_eq!(error, BookingError::TooMany);
    assert_eq!(error.to_string(), "too many seats");
    assert_eq!(hall.reserve(2, 1, "Bob"), Ok(()));
    hall.cancel(1, 2).unwrap();
    assert_eq!(hall.reserve(2, 2, "Ada"), Ok(()));
}
