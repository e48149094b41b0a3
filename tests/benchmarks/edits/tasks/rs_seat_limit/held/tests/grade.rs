use hall::{BookingError, Hall};

fn with_four() -> Hall {
    let mut hall = Hall::new(3, 5);
    for number in 1..=4 {
        assert_eq!(hall.reserve(1, number, "Ada"), Ok(()));
    }
    hall
}

#[test]
fn the_fifth_seat_is_refused() {
    let mut hall = with_four();
    assert!(matches!(hall.reserve(2, 1, "Ada"), Err(BookingError::TooMany)));
    assert_eq!(hall.seats_of("Ada").len(), 4);
    assert_eq!(hall.plan(), "xxxx.\n.....\n.....\n");
    assert_eq!(hall.free_seats(), 11);
}

#[test]
fn others_are_not_concerned() {
    let mut hall = with_four();
    assert_eq!(hall.reserve(2, 1, "Bob"), Ok(()));
    assert_eq!(hall.seats_of("Bob"), vec![(2, 1)]);
}

#[test]
fn cancelling_makes_room() {
    let mut hall = with_four();
    assert_eq!(hall.cancel(1, 3), Ok("Ada".to_string()));
    assert_eq!(hall.reserve(3, 5, "Ada"), Ok(()));
    assert!(hall.reserve(3, 4, "Ada").is_err());
    assert_eq!(hall.seats_of("Ada"), vec![(1, 1), (1, 2), (1, 4), (3, 5)]);
}

#[test]
fn it_has_a_message() {
    let mut hall = with_four();
    assert_eq!(hall.reserve(2, 2, "Ada").unwrap_err().to_string(), "too many seats");
}

#[test]
fn the_other_errors_are_as_they_were() {
    let mut hall = with_four();
    assert_eq!(hall.reserve(1, 1, "Bob"), Err(BookingError::Taken { by: "Ada".to_string() }));
    assert_eq!(hall.reserve(0, 1, "Bob"), Err(BookingError::NoSuchSeat { row: 0, number: 1 }));
    assert_eq!(hall.cancel(2, 2), Err(BookingError::NotReserved));
    assert_eq!(BookingError::NotReserved.to_string(), "not reserved");
}
