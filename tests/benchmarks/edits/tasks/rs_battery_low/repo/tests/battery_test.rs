#[path = "../src/battery.rs"]
mod battery;

use battery::Battery;

#[test]
fn charges_and_drains() {
    let mut battery = Battery::new(50);
    assert!(battery.drain(20));
    assert!(!battery.drain(31));
    assert_eq!(battery.percent(), 30);
    battery.charge(90);
    assert_eq!(battery.percent(), 100);
}

#[test]
fn says_how_it_is() {
    assert_eq!(Battery::new(0).status(), "empty");
    assert_eq!(Battery::new(5).status(), "low");
    assert_eq!(Battery::new(50).status(), "ok");
    assert_eq!(Battery::new(100).status(), "full");
}

#[test]
fn is_low_below_twenty() {
    assert_eq!(Battery::new(19).status(), "low");
    assert_eq!(Battery::new(20).status(), "ok");
}
