use jobs::{Job, JobQueue, QueueFull, Report, State};

#[test]
fn the_first_job_comes_first() {
    let mut queue = JobQueue::new(3);
    queue.push(Job::new(1, "sweep")).unwrap();
    queue.push(Job::new(2, "backup")).unwrap();
    let job = queue.pop().unwrap();
    assert_eq!((job.id(), job.state()), (1, State::Running));
    assert_eq!(queue.len(), 1);
}

#[test]
fn a_full_queue_hands_the_job_back() {
    let mut queue = JobQueue::new(1);
    queue.push(Job::new(1, "sweep")).unwrap();
    assert_eq!(queue.push(Job::new(2, "backup")), Err(QueueFull(Job::new(2, "backup"))));
}

#[test]
fn cancelled_jobs_are_gone() {
    let mut queue = JobQueue::new(3);
    queue.push(Job::new(1, "sweep")).unwrap();
    assert_eq!(queue.cancel(1).unwrap().name(), "sweep");
    assert!(queue.is_empty());
}

#[test]
fn the_report_has_a_line_for_each_job() {
    let mut job = Job::new(2, "backup");
    let mut report = Report::new();
    report.add(&Job::new(1, "sweep"));
    job.finish(false);
    report.add(&job);
    assert_eq!(report.text(), "#1 sweep waiting\n#2 backup failed");
    assert_eq!(report.failures(), 1);
}

#[test]
fn urgent_jobs_come_first() {
    let mut queue = JobQueue::new(4);
    queue.push(Job::new(1, "sweep")).unwrap();
    queue.push(Job::with_priority(2, "backup", 5)).unwrap();
    queue.push(Job::with_priority(3, "mail", 5)).unwrap();
    let order: Vec<u32> = std::iter::from_fn(|| queue.pop()).map(|job| job.id()).collect();
    assert_eq!(order, [2, 3, 1]);
}

#[test]
fn the_report_shows_the_priority() {
    let mut report = Report::new();
    report.add(&Job::with_priority(3, "mail", 8));
    assert_eq!(report.text(), "#3 mail [p8] waiting");
    assert_eq!(Job::new(1, "sweep").priority(), 0);
}
