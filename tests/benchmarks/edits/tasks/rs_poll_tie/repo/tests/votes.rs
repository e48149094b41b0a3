use poll::{Poll, PollError};

#[test]
fn the_most_votes_win() {
    let mut poll = Poll::new("Where to?", &["lake", "hills"]);
    assert_eq!(poll.winner(), None);
    poll.vote("Ada", "hills").unwrap();
    poll.vote("Bob", "lake").unwrap();
    poll.vote("Cem", "hills").unwrap();
    assert_eq!(poll.counts(), [1, 2]);
    assert_eq!(poll.winner(), Some("hills"));
    assert_eq!(poll.summary(), "Where to?\nlake: 1\nhills: 2 *\n");
}

#[test]
fn a_vote_can_be_changed() {
    let mut poll = Poll::new("Where to?", &["lake", "hills"]);
    poll.vote("Ada", "hills").unwrap();
    poll.vote("Ada", "lake").unwrap();
    assert_eq!(poll.counts(), [1, 0]);
    assert!(poll.withdraw("Ada"));
    assert!(!poll.withdraw("Ada"));
}

#[test]
fn a_closed_poll_takes_no_votes() {
    let mut poll = Poll::new("Where to?", &["lake", "hills"]);
    assert_eq!(poll.vote("Ada", "moon"), Err(PollError::UnknownChoice("moon".to_string())));
    poll.close();
    assert_eq!(poll.vote("Ada", "lake"), Err(PollError::Closed));
}

#[test]
fn a_tie_has_no_winner() {
    let mut poll = Poll::new("Where to?", &["lake", "hills", "sea"]);
    poll.vote("Ada", "sea").unwrap();
    poll.vote("Bob", "hills").unwrap();
    assert_eq!(poll.winner(), None);
    poll.vote("Cem", "hills").unwrap();
    assert_eq!(poll.winner(), Some("hills"));
}
