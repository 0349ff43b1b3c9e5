//! How many processes of a Service there are, and how long they stay.

use std::time::Duration;

use super::{Service, duration::parse_go_duration};

/// How long a process without work stays, where no annotation says.
const DEFAULT_IDLE: Duration = Duration::from_secs(30);

const MIB: f64 = 1_048_576.0;

impl Service {
    /// How many requests one process takes at a time; `None` is no limit.
    #[must_use]
    pub fn concurrency(&self) -> Option<usize> {
        let limit = usize::try_from(self.spec.template.spec.container_concurrency).ok()?;
        (limit > 0).then_some(limit)
    }

    /// How many processes of it run at a time on a machine: as many as its requests of CPU and memory
    /// let the machine hold, and at most its maximal scale. One where a process takes any number of
    /// requests.
    #[must_use]
    pub fn instances(&self, cores: usize, memory_bytes: u64) -> usize {
        let (Some(_), Some(cpu), Some(memory)) = (
            self.concurrency(),
            self.cpu_request(),
            self.memory_request(),
        ) else {
            return 1;
        };
        let fit = (cores as f64 / cpu).min(memory_bytes as f64 / memory) as usize;
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
        let Some(request) = self.request("cpu") else {
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

    /// Bytes that a process asks for, 256 MiB where its manifest does not say; `None` where what it
    /// says is not a quantity in Mi or Gi.
    pub(super) fn memory_request(&self) -> Option<f64> {
        let Some(request) = self.request("memory") else {
            return Some(256.0 * MIB);
        };
        let text = request.as_str()?;
        let bytes = match text.strip_suffix("Gi") {
            Some(number) => number.parse::<f64>().ok()? * 1024.0 * MIB,
            None => text.strip_suffix("Mi")?.parse::<f64>().ok()? * MIB,
        };
        (bytes > 0.0).then_some(bytes)
    }

    fn request(&self, resource: &str) -> Option<&yaml_serde::Value> {
        let resources = self.container()?.resources.as_ref()?;
        resources.requests.get(resource)
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

    const PLENTY: u64 = 1 << 40;

    fn service(scale: &str, concurrency: u32, cpu: &str) -> Service {
        asking(scale, concurrency, cpu, "1Gi")
    }

    fn asking(scale: &str, concurrency: u32, cpu: &str, memory: &str) -> Service {
        yaml_serde::from_str(&format!(
            "{{apiVersion: serving.knative.dev/v1, kind: Service, metadata: {{name: f}}, spec: {{template: \
             {{metadata: {{annotations: {{autoscaling.knative.dev/max-scale: '{scale}'}}}}, spec: \
             {{containerConcurrency: {concurrency}, containers: [{{image: i, resources: {{requests: \
             {{cpu: {cpu}, memory: {memory}}}}}}}]}}}}}}}}"
        ))
        .unwrap()
    }

    #[test]
    fn a_machine_holds_as_many_processes_as_their_requests_allow() {
        assert_eq!(service("500", 1, "1").instances(2, PLENTY), 2);
        assert_eq!(service("500", 1, "\"2\"").instances(1, PLENTY), 1);
        assert_eq!(service("500", 1, "500m").instances(4, PLENTY), 8);
        assert_eq!(service("3", 1, "500m").instances(4, PLENTY), 3);
        assert_eq!(service("0", 1, "0.25").instances(2, PLENTY), 8);
        assert_eq!(service("500", 0, "100m").instances(64, PLENTY), 1);
        assert_eq!(asking("500", 1, "1", "1Gi").instances(16, 5 << 30), 5);
        assert_eq!(asking("500", 1, "1", "512Mi").instances(16, 1 << 20), 1);
    }

    #[test]
    fn a_request_that_is_no_quantity_is_refused() {
        for cpu in ["many", "-1", "0", "[1]"] {
            assert_eq!(service("1", 1, cpu).cpu_request(), None, "{cpu}");
        }
        for memory in ["much", "1G", "-1Mi", "7"] {
            assert_eq!(
                asking("1", 1, "1", memory).memory_request(),
                None,
                "{memory}"
            );
        }
    }
}
