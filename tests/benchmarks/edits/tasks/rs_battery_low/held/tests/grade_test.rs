#[path = "../src/battery.rs"]
mod battery;

use battery::Battery;

#[test]
fn every_status() {
    assert_eq!(Battery::new(0).status(), "empty");
    for percent in 1..20 {
        assert_eq!(Battery::new(percent).status(), "low", "{percent}");
    }
    for percent in 20..100 {
        assert_eq!(Battery::new(percent).status(), "ok", "{percent}");
    }
    assert_eq!(Battery::new(100).status(), "full");
    assert_eq!(Battery::new(250).status(), "full");
}

#[test]
fn status_follows() {
    let mut battery = Battery::new(21);
    assert_eq!(battery.status(), "ok");
    assert!(battery.drain(2));
    assert_eq!(battery.status(), "low");
    assert!(battery.drain(19));
    assert_eq!(battery.status(), "empty");
    assert!(!battery.drain(1));
    battery.charge(20);
    assert_eq!(battery.status(), "ok");
    battery.charge(100);
    assert_eq!((battery.percent(), battery.status()), (100, "full"));
}
