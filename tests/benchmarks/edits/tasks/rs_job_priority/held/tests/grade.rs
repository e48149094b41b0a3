use jobs::{Job, JobQueue, QueueFull, Report, State};

fn drain(queue: &mut JobQueue) -> Vec<u32> {
    std::iter::from_fn(|| queue.pop()).map(|job| job.id()).collect()
}

#[test]
fn jobs_have_a_priority() {
    assert_eq!(Job::new(1, "sweep").priority(), 0);
    let job = Job::with_priority(7, "backup", 5);
    assert_eq!((job.id(), job.name(), job.priority(), job.state()), (7, "backup", 5, State::Waiting));
    assert_eq!(Job::with_priority(1, "idle", -3).priority(), -3);
}

#[test]
fn the_highest_comes_first() {
    let mut queue = JobQueue::new(10);
    for (id, priority) in [(1, 0), (2, 3), (3, -1), (4, 9)] {
        queue.push(Job::with_priority(id, "job", priority)).unwrap();
    }
    assert_eq!(drain(&mut queue), [4, 2, 1, 3]);
    assert!(queue.is_empty());
}

#[test]
fn equal_ones_keep_their_order() {
    let mut queue = JobQueue::new(10);
    for (id, priority) in [(1, 2), (2, 5), (3, 2), (4, 5), (5, 0), (6, 2)] {
        queue.push(Job::with_priority(id, "job", priority)).unwrap();
    }
    queue.push(Job::new(7, "plain")).unwrap();
    assert_eq!(drain(&mut queue), [2, 4, 1, 3, 6, 5, 7]);
}

#[test]
fn pushing_and_popping_in_turn() {
    let mut queue = JobQueue::new(3);
    queue.push(Job::new(1, "a")).unwrap();
    queue.push(Job::with_priority(2, "b", 1)).unwrap();
    let job = queue.pop().unwrap();
    assert_eq!((job.id(), job.state(), job.priority()), (2, State::Running, 1));
    queue.push(Job::with_priority(3, "c", 4)).unwrap();
    queue.push(Job::with_priority(4, "d", -4)).unwrap();
    assert_eq!(queue.push(Job::new(5, "e")), Err(QueueFull(Job::new(5, "e"))));
    assert_eq!(queue.cancel(1).map(|job| job.id()), Some(1));
    assert_eq!(queue.cancel(1), None);
    assert_eq!(drain(&mut queue), [3, 4]);
}

#[test]
fn the_report_shows_it() {
    let mut report = Report::new();
    report.add(&Job::with_priority(7, "backup", 5));
    report.add(&Job::new(1, "sweep"));
    let mut low = Job::with_priority(2, "index", -2);
    low.finish(false);
    report.add(&low);
    assert_eq!(report.text(), "#7 backup [p5] waiting\n#1 sweep waiting\n#2 index [p-2] failed");
    assert_eq!(report.failures(), 1);
}
