"""When the jobs of a small server are to run.

All times are datetimes without a time zone. A job has a rule that says when it comes next; the planner asks all rules
and says what is due. It does not run anything itself.
"""

from datetime import datetime, timedelta

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class PlannerError(Exception):
    """A job cannot be planned like that."""


class UnknownJob(PlannerError):
    """There is no job of that name."""


def _check_time(hour, minute):
    if not 0 <= hour <= 23 or not 0 <= minute <= 59:
        raise PlannerError(f"there is no time {hour}:{minute:02}")


class Every:
    """A job that runs again after so many minutes."""

    kind = "every"

    def __init__(self, minutes):
        if minutes < 1:
            raise PlannerError("a job cannot run more often than every minute")
        self.minutes = minutes

    def next_after(self, moment):
        """Return the first time after a moment."""
        return moment + timedelta(minutes=self.minutes)

    def dump(self):
        """Return the rule as JSON knows it."""
        return {"kind": self.kind, "minutes": self.minutes}

    def __str__(self):
        return f"every {self.minutes} min"


class Daily:
    """A job that runs once a day."""

    kind = "daily"

    def __init__(self, hour, minute=0):
        _check_time(hour, minute)
        self.hour = hour
        self.minute = minute

    def next_after(self, moment):
        """Return the first time after a moment."""
        time = moment.replace(hour=self.hour, minute=self.minute, second=0, microsecond=0)
        if time <= moment:
            time += timedelta(days=1)
        return time

    def dump(self):
        """Return the rule as JSON knows it."""
        return {"kind": self.kind, "hour": self.hour, "minute": self.minute}

    def __str__(self):
        return f"daily at {self.hour:02}:{self.minute:02}"


class Weekly:
    """A job that runs once a week."""

    kind = "weekly"

    def __init__(self, weekday, hour, minute=0):
        if weekday not in WEEKDAYS:
            raise PlannerError(f"there is no day {weekday}")
        _check_time(hour, minute)
        self.weekday = weekday
        self.hour = hour
        self.minute = minute

    def next_after(self, moment):
        """Return the first time after a moment."""
        time = moment.replace(hour=self.hour, minute=self.minute, second=0, microsecond=0)
        time += timedelta(days=(WEEKDAYS.index(self.weekday) - time.weekday()) % 7)
        if time <= moment:
            time += timedelta(days=7)
        return time

    def dump(self):
        """Return the rule as JSON knows it."""
        return {"kind": self.kind, "weekday": self.weekday, "hour": self.hour, "minute": self.minute}

    def __str__(self):
        return f"{self.weekday} at {self.hour:02}:{self.minute:02}"


RULES = {rule.kind: rule for rule in (Every, Daily, Weekly)}


class Job:
    """A name, a rule, and the next time."""

    def __init__(self, name, rule, next_time):
        self.name = name
        self.rule = rule
        self.next_time = next_time
        self.runs = 0

    def advance(self, now):
        """Count a run and go on to the next time."""
        self.runs += 1
        self.next_time = self.rule.next_after(now)

    def __str__(self):
        return f"{self.name}: {self.rule}, next {self.next_time:%Y-%m-%d %H:%M}"


class Planner:
    """All jobs."""

    def __init__(self):
        self._jobs = {}

    def __len__(self):
        return len(self._jobs)

    def names(self):
        """Return the names of all jobs in the order of the alphabet."""
        return sorted(self._jobs)

    # Adding and removing

    def _add(self, name, rule, now):
        if not name:
            raise PlannerError("a job needs a name")
        if name in self._jobs:
            raise PlannerError(f"there is a job {name} already")
        self._jobs[name] = Job(name, rule, rule.next_after(now))

    def every(self, name, minutes, now):
        """Add a job that runs again after so many minutes."""
        self._add(name, Every(minutes), now)

    def daily(self, name, hour, minute, now):
        """Add a job that runs once a day."""
        self._add(name, Daily(hour, minute), now)

    def weekly(self, name, weekday, hour, minute, now):
        """Add a job that runs once a week."""
        self._add(name, Weekly(weekday, hour, minute), now)

    def remove(self, name):
        """Remove a job; raises UnknownJob if there is none."""
        if name not in self._jobs:
            raise UnknownJob(name)
        del self._jobs[name]

    def runs(self, name):
        """Return how often a job was due; raises UnknownJob if there is none."""
        if name not in self._jobs:
            raise UnknownJob(name)
        return self._jobs[name].runs

    # Time

    def due(self, now):
        """Return the names of the jobs whose time has come, the longest overdue first, and plan them anew."""
        ready = [job for job in self._jobs.values() if job.next_time <= now]
        ready.sort(key=lambda job: (job.next_time, job.name))
        for job in ready:
            job.advance(now)
        return [job.name for job in ready]

    def upcoming(self):
        """Return the name and the time of the job that comes next, or None where there is none."""
        waiting = sorted(self._jobs.values(), key=lambda job: (job.next_time, job.name))
        if not waiting:
            return None
        return waiting[0].name, waiting[0].next_time

    def seconds_to_wait(self, now):
        """Return how long nothing is due, 0 if something is, or None where there is nothing to wait for."""
        job = self.upcoming()
        if job is None:
            return None
        return max(0.0, (job[1] - now).total_seconds())

    # Text and files

    def summary(self):
        """Return a line about each job in the order of the alphabet."""
        return "\n".join(str(self._jobs[name]) for name in self.names())

    def dump(self):
        """Return everything as JSON knows it."""
        return [
            {
                "name": job.name,
                "rule": job.rule.dump(),
                "next": job.next_time.isoformat(),
                "runs": job.runs,
            }
            for job in self._jobs.values()
        ]

    @classmethod
    def load(cls, data):
        """Return the planner that was dumped."""
        planner = cls()
        for item in data:
            settings = dict(item["rule"])
            kind = settings.pop("kind")
            if kind not in RULES:
                raise PlannerError(f"there is no rule {kind}")
            job = Job(item["name"], RULES[kind](**settings), datetime.fromisoformat(item["next"]))
            job.runs = item["runs"]
            planner._jobs[job.name] = job
        return planner
