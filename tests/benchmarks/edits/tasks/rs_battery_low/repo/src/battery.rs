//! The battery of a robot.

pub struct Battery {
    percent: u32,
}

impl Battery {
    /// Makes a battery; it can't hold more than 100 percent.
    pub fn new(percent: u32) -> Battery {
        Battery { percent: percent.min(100) }
    }

    pub fn percent(&self) -> u32 {
        self.percent
    }

    /// Charges the battery.
    pub fn charge(&mut self, percent: u32) {
        self.percent = (self.percent + percent).min(100);
    }

    /// Uses energy; false if there isn't enough.
    pub fn drain(&mut self, percent: u32) -> bool {
        if percent > self.percent {
            return false;
        }
        self.percent -= percent;
        true
    }

    /// Returns what the display says.
    pub fn status(&self) -> &'static str {
        if self.percent == 0 {
            "empty"
        } else if self.percent < 10 {
            "low"
        } else if self.percent < 100 {
            "ok"
        } else {
            "full"
        }
    }
}
