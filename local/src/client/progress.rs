//! What a person sees while a file becomes a title: one bar for the upload and one for each step.

use std::collections::BTreeMap;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::title::{Title, TitleState};

/// The bars of one file.
#[derive(Clone)]
pub(super) struct Bars {
    all: MultiProgress,
    name: String,
    upload: ProgressBar,
    steps: BTreeMap<String, ProgressBar>,
}

impl Bars {
    /// Bars below those of other files; hidden where nobody looks.
    pub(super) fn new(all: &MultiProgress, name: &str, size: u64) -> Self {
        let upload = all.add(ProgressBar::new(size));
        upload.set_style(style(
            "{prefix:24!} {msg:16} [{bar:30}] {bytes}/{total_bytes} {bytes_per_sec}",
        ));
        upload.set_prefix(name.to_owned());
        upload.set_message("Uploading");
        Self {
            all: all.clone(),
            name: name.to_owned(),
            upload,
            steps: BTreeMap::new(),
        }
    }

    /// Notes bytes that have gone.
    pub(super) fn sent(&self) -> impl Fn(u64) + Clone + Send + Sync + 'static {
        let upload = self.upload.clone();
        move |bytes| upload.inc(bytes)
    }

    /// Shows how far the title is.
    pub(super) fn show(&mut self, title: &Title) {
        if !self.upload.is_finished() {
            self.upload.finish_with_message("Uploaded");
        }
        for step in &title.progress.steps {
            let bar = self.steps.entry(step.step.clone()).or_insert_with(|| {
                let bar = self.all.add(ProgressBar::new(0));
                bar.set_style(style("{prefix:24!} {msg:16} [{bar:30}] {pos}/{len}"));
                bar.set_prefix(self.name.clone());
                bar.set_message(step.label.clone().unwrap_or_else(|| step.step.clone()));
                bar
            });
            bar.set_length(step.total);
            bar.set_position(step.done);
        }
        if title.state == TitleState::Playable {
            self.upload.set_message("Plays already");
        }
    }

    /// Leaves nothing but `line`.
    pub(super) fn end(self, line: &str) {
        self.clear();
        self.all.suspend(|| crate::output::line(line));
    }

    /// Leaves nothing.
    pub(super) fn clear(&self) {
        for bar in self.steps.values() {
            bar.finish_and_clear();
        }
        self.upload.finish_and_clear();
    }
}

/// All bars of a command: on standard error, where that is a terminal.
pub(super) fn bars(hidden: bool) -> MultiProgress {
    let target = if hidden {
        ProgressDrawTarget::hidden()
    } else {
        ProgressDrawTarget::stderr()
    };
    MultiProgress::with_draw_target(target)
}

fn style(template: &str) -> ProgressStyle {
    let style = ProgressStyle::with_template(template);
    style
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("=> ")
}
