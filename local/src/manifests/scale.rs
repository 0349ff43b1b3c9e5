//! How many processes of a Service there are, and how long they stay.

use std::time::Duration;

use super::{Service, duration::parse_go_duration};

/// How long a process without work stays, where no annotation says.
const DEFAULT_IDLE: Duration = Duration::from_secs(30);

impl Service {
    /// How many requests one process takes at a time; `None` is no limit.
    #[must_use]
    pub fn concurrency(&self) -> Option<usize> {
        let limit = usize::try_from(self.spec.template.spec.container_concurrency).ok()?;
        (limit > 0).then_some(limit)
    }

    /// How many processes of it run at a time on a machine with so many cores: as many as its CPU
    /// request lets the machine hold, and at most its maximal scale. One where a process takes any
    /// number of requests.
    #[must_use]
    pub fn instances(&self, cores: usize) -> usize {
        let (Some(_), Some(request)) = (self.concurrency(), self.cpu_request()) else {
            return 1;
        };
        let fit = (cores as f64 / request) as usize;
        fit.clamp(1, self.max_scale())
    }

    /// 0 is Knative's word for no limit.
    fn max_scale(&self) -> usize {
        self.annotation("autoscaling.knative.dev/max-scale")
            .and_then(|scale| scale.parse().ok())
            .filter(|scale| *scale > 0)
            .unwrap_or(usize::MAX)
    }

    /// Cores that a process asks for, 1 where its manifest does not say; `None` where what it says
    /// is not a quantity of cores.
    pub(super) fn cpu_request(&self) -> Option<f64> {
        let containers = &self.spec.template.spec.containers;
        let resources = containers.first().and_then(|c| c.resources.as_ref());
        let Some(request) = resources.and_then(|resources| resources.requests.get("cpu")) else {
            return Some(1.0);
        };
        let cores = match request.as_str() {
            Some(text) => match text.strip_suffix('m') {
                Some(thousandths) => thousandths.parse::<f64>().ok()? / 1000.0,
                None => text.parse().ok()?,
            },
            None => request.as_f64()?,
        };
        (cores > 0.0).then_some(cores)
    }

    /// Whether a process is kept without work.
    #[must_use]
    pub fn always_on(&self) -> bool {
        self.annotation("autoscaling.knative.dev/min-scale")
            .is_some_and(|scale| scale != "0")
    }

    /// How long a process without work stays.
    #[must_use]
    pub fn idle(&self) -> Duration {
        self.annotation("autoscaling.knative.dev/scale-down-delay")
            .or_else(|| self.annotation("autoscaling.knative.dev/window"))
            .and_then(parse_go_duration)
            .unwrap_or(DEFAULT_IDLE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service(scale: &str, concurrency: u32, cpu: &str) -> Service {
        yaml_serde::from_str(&format!(
            "{{apiVersion: serving.knative.dev/v1, kind: Service, metadata: {{name: f}}, spec: {{template: \
             {{metadata: {{annotations: {{autoscaling.knative.dev/max-scale: '{scale}'}}}}, spec: \
             {{containerConcurrency: {concurrency}, containers: [{{image: i, resources: {{requests: \
             {{cpu: {cpu}}}}}}}]}}}}}}}}"
        ))
        .unwrap()
    }

    #[test]
    fn a_machine_holds_as_many_processes_as_their_requests_allow() {
        assert_eq!(service("500", 1, "1").instances(2), 2);
        assert_eq!(service("500", 1, "\"2\"").instances(1), 1);
        assert_eq!(service("500", 1, "500m").instances(4), 8);
        assert_eq!(service("3", 1, "500m").instances(4), 3);
        assert_eq!(service("0", 1, "0.25").instances(2), 8);
        assert_eq!(service("500", 0, "100m").instances(64), 1);
    }

    #[test]
    fn a_request_that_is_no_number_of_cores_is_refused() {
        for cpu in ["many", "-1", "0", "[1]"] {
            assert_eq!(service("1", 1, cpu).cpu_request(), None, "{cpu}");
        }
    }
}
