use poll::{Poll, PollError};

fn poll(choices: &[&str], votes: &[&str]) -> Poll {
    let mut poll = Poll::new("Which?", choices);
    for (number, choice) in votes.iter().enumerate() {
        poll.vote(&format!("voter {number}"), choice).unwrap();
    }
    poll
}

#[test]
fn a_tie_has_no_winner() {
    assert_eq!(poll(&["a", "b"], &["a", "b"]).winner(), None);
    assert_eq!(poll(&["a", "b", "c"], &["c", "b", "c", "b", "a"]).winner(), None);
    assert_eq!(poll(&["a", "b", "c"], &["a", "b", "c"]).winner(), None);
    assert_eq!(poll(&["a", "b", "c"], &["a", "c"]).winner(), None);
}

#[test]
fn a_tie_of_losers_does_not_matter() {
    assert_eq!(poll(&["a", "b", "c"], &["a", "b", "c", "c"]).winner(), Some("c"));
    assert_eq!(poll(&["a", "b", "c"], &["a"]).winner(), Some("a"));
    assert_eq!(poll(&["a", "b", "c"], &["b", "a", "b"]).winner(), Some("b"));
}

#[test]
fn without_votes_there_is_no_winner() {
    assert_eq!(poll(&["a", "b"], &[]).winner(), None);
    assert_eq!(poll(&["a"], &[]).winner(), None);
    assert_eq!(poll(&[], &[]).winner(), None);
    assert_eq!(poll(&["a"], &["a"]).winner(), Some("a"));
}

#[test]
fn a_changed_vote_breaks_the_tie() {
    let mut poll = poll(&["a", "b"], &["a", "b"]);
    poll.vote("voter 0", "b").unwrap();
    assert_eq!(poll.winner(), Some("b"));
    poll.vote("late", "a").unwrap();
    poll.withdraw("voter 1");
    assert_eq!(poll.winner(), None);
}

#[test]
fn the_summary_marks_no_choice_then() {
    assert_eq!(poll(&["a", "b"], &["a", "b"]).summary(), "Which?\na: 1\nb: 1\n");
    assert_eq!(poll(&["a", "b"], &["b"]).summary(), "Which?\na: 0\nb: 1 *\n");
}

#[test]
fn a_closed_poll_keeps_its_result() {
    let mut poll = poll(&["a", "b"], &["b"]);
    poll.close();
    assert_eq!(poll.vote("late", "a"), Err(PollError::Closed));
    assert!(!poll.withdraw("voter 0"));
    assert_eq!(poll.winner(), Some("b"));
}
