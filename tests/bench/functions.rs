//! Cold start of the light functions and the bundle's own memory.

use std::{
    env,
    net::{Ipv4Addr, TcpListener},
    path::PathBuf,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use reeldrop_tests::{Bundle, peak_resident_bytes};

/// Measures and prints.
#[expect(clippy::print_stdout, reason = "the table is what this program is for")]
pub(crate) fn measure() -> Result<()> {
    let mut starts: Vec<f64> = (0..11).map(|_| cold_start_ms()).collect::<Result<_>>()?;
    starts.sort_by(f64::total_cmp);
    println!(
        "cold start of bucket-source      {:5.1} ms (median of {}; goal 100)",
        starts[starts.len() / 2],
        starts.len()
    );
    let bundle = Bundle::start()?;
    thread::sleep(Duration::from_secs(2));
    let bytes = peak_resident_bytes(bundle.pid()).context("the runner is gone")?;
    println!(
        "idle memory of reeldrop up       {:5.1} MB (peak; goal 150)",
        bytes as f64 / 1e6
    );
    Ok(())
}

/// Process start to ready, of a function that depends on nothing.
fn cold_start_ms() -> Result<f64> {
    let program: PathBuf = env::current_exe()?.with_file_name("bucket-source");
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
        .local_addr()?
        .port();
    let start = Instant::now();
    let mut child = Command::new(program)
        .env("PORT", port.to_string())
        .env("K_SINK", "http://127.0.0.1:9/")
        .env("REELDROP_UPLOADS_BUCKET", "uploads")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    let mut ready = false;
    while start.elapsed() < Duration::from_secs(5) && !ready {
        ready = std::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok();
        thread::sleep(Duration::from_micros(500));
    }
    let elapsed = start.elapsed().as_secs_f64() * 1e3;
    child.kill()?;
    child.wait()?;
    ensure!(ready, "bucket-source did not start");
    Ok(elapsed)
}
