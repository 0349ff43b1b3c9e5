//! One part from sound to words.

use std::{ops::Range, sync::Arc};

use reeldrop_captions::{Word, language};
use reeldrop_events::{SpeechPlan, SpeechPlanned};
use reeldrop_media::ReadAt;
use whisper_rs::{
    FullParams, SamplingStrategy, WhisperContext, WhisperContextParameters, WhisperError,
    WhisperSegment, WhisperState,
};

use crate::{
    Config, Error,
    blocks::{Block, blocks},
    cut,
    finished::Heard,
    guard::{Line, said},
    sound::{self, RATE_HZ},
    voice::{self, Voice},
    words::{Token, join, snap},
};

/// Temperature is raised by this where the model is lost: twice before it is taken as it is.
const TEMPERATURE_STEP: f32 = 0.4;

/// Less sound than this is not heard at all: the rest is silence, samples.
const SHORTEST: usize = 6 * RATE_HZ as usize / 5;

/// The models, ready to listen.
pub(crate) struct Listener {
    /// Name of the speech model.
    pub(crate) model: String,
    voice: Voice,
    whisper: WhisperContext,
    threads: usize,
}

fn failed(error: WhisperError) -> Error {
    Error::Listen(error.to_string())
}

/// Whether whisper.cpp found a card; it has looked for one once a model is read.
#[cfg(feature = "cuda")]
#[expect(unsafe_code, reason = "whisper-rs does not tell")]
fn has_card() -> bool {
    use whisper_rs::whisper_rs_sys as sys;
    let kind = sys::ggml_backend_dev_type_GGML_BACKEND_DEVICE_TYPE_GPU;
    // SAFETY: nothing is handed over, and the pointer is not followed.
    !unsafe { sys::ggml_backend_dev_by_type(kind) }.is_null()
}

#[cfg(not(feature = "cuda"))]
const fn has_card() -> bool {
    false
}

impl Listener {
    /// Reads the models: the speech model of that name, since all parts of a title are heard by one.
    pub(crate) fn open(config: &Config, model: &str) -> Result<Self, Error> {
        // Else whisper.cpp prints its own log.
        whisper_rs::install_logging_hooks();
        let models = config.models_of(model).map_err(|_| Error::NoModel)?;
        let mut parameters = WhisperContextParameters::default();
        parameters.use_gpu(cfg!(feature = "cuda"));
        let whisper = WhisperContext::new_with_params(&models.speech, parameters)
            .map_err(|_| Error::Model(models.speech.display().to_string()))?;
        let device = match has_card() {
            true => "cuda",
            false => "cpu",
        };
        if cfg!(feature = "cuda") && device == "cpu" {
            tracing::warn!("no card was found: listening with the processor");
        }
        tracing::info!(
            model = models.name,
            device,
            threads = config.threads,
            "speech model read"
        );
        Ok(Self {
            model: models.name,
            voice: Voice::open(&models.voice)?,
            whisper,
            threads: config.threads.max(1),
        })
    }

    /// Listens to a part.
    pub(crate) fn part(
        &mut self,
        planned: &SpeechPlanned,
        reader: &Arc<dyn ReadAt>,
    ) -> Result<Heard, Error> {
        reeldrop_media::init()?;
        let speech = &planned.speech;
        let (from_ns, to_ns) = cut::range_ns(speech, planned.part, reader, &mut self.voice)?;
        let samples = sound::read(reader, speech.track, (from_ns, to_ns))?;
        let probabilities = self.voice.probabilities(&samples)?;
        let blocks = blocks(&voice::speech(&probabilities, samples.len()));
        let mut state = self.whisper.create_state().map_err(failed)?;
        let spoken = self.language(speech, &samples, &blocks, &mut state)?;
        let mut words = Vec::new();
        for block in &blocks {
            let lines = self.block(speech, &samples[block.range()], &spoken, &mut state)?;
            words.extend(place(lines, block, from_ns, speech));
        }
        let language = match speech.translate {
            true => "en".to_owned(),
            false => spoken,
        };
        Ok(Heard { language, words })
    }

    /// The language that is spoken: given, the only one that the model knows, or heard.
    fn language(
        &self,
        speech: &SpeechPlan,
        samples: &[f32],
        blocks: &[Block],
        state: &mut WhisperState,
    ) -> Result<String, Error> {
        if !self.whisper.is_multilingual() {
            return Ok("en".to_owned());
        }
        if let Some(given) = &speech.language {
            return Ok(language::tag(given));
        }
        // The longest block tells most.
        let Some(block) = blocks.iter().max_by_key(|block| block.range().len()) else {
            return Ok("und".to_owned());
        };
        let sound = padded(&samples[block.range()]);
        state.pcm_to_mel(&sound, self.threads).map_err(failed)?;
        let (id, _) = state.lang_detect(0, self.threads).map_err(failed)?;
        let found = whisper_rs::get_lang_str(id).unwrap_or("und");
        Ok(found.to_owned())
    }

    /// What the model writes of one block.
    fn block(
        &self,
        speech: &SpeechPlan,
        samples: &[f32],
        language: &str,
        state: &mut WhisperState,
    ) -> Result<Vec<Line>, Error> {
        let primary = language
            .split('-')
            .next()
            .filter(|primary| *primary != "und");
        let mut parameters = FullParams::new(SamplingStrategy::Greedy { best_of: 1 });
        parameters.set_n_threads(i32::try_from(self.threads).unwrap_or(1));
        parameters
            .set_language(primary.filter(|primary| whisper_rs::get_lang_id(primary).is_some()));
        parameters.set_translate(speech.translate);
        // What was said before leads the model into loops, and a part must not depend on another.
        parameters.set_no_context(true);
        parameters.set_token_timestamps(true);
        parameters.set_suppress_blank(true);
        parameters.set_suppress_nst(true);
        parameters.set_temperature_inc(TEMPERATURE_STEP);
        parameters.set_print_special(false);
        parameters.set_print_progress(false);
        parameters.set_print_realtime(false);
        parameters.set_print_timestamps(false);
        state.full(parameters, &padded(samples)).map_err(failed)?;
        let end = self.whisper.token_eot();
        Ok(state.as_iter().map(|segment| line(&segment, end)).collect())
    }
}

/// Sound with enough silence behind it that the model takes it.
fn padded(samples: &[f32]) -> Vec<f32> {
    let mut padded = samples.to_vec();
    padded.resize(samples.len().max(SHORTEST), 0.0);
    padded
}

/// A segment's tokens but for those that are no text, which are numbered from `end` on.
fn line(segment: &WhisperSegment<'_>, end: i32) -> Line {
    let ms = |centiseconds: i64| u64::try_from(centiseconds * 10).unwrap_or(0);
    let within = ms(segment.start_timestamp())..=ms(segment.end_timestamp());
    let (first, last) = (*within.start(), (*within.end()).max(*within.start()));
    let tokens = (0..segment.n_tokens()).filter_map(|at| segment.get_token(at));
    Line {
        tokens: tokens
            .filter(|token| token.token_id() < end)
            .filter_map(|token| {
                let data = token.token_data();
                let start = ms(data.t0).clamp(first, last);
                Some(Token {
                    text: token.to_bytes().ok()?.to_vec(),
                    said: start..ms(data.t1).clamp(start, last),
                    probability: data.p,
                })
            })
            .collect(),
        no_speech: segment.no_speech_probability(),
    }
}

/// The words of a block in the title's time.
fn place(lines: Vec<Line>, block: &Block, from_ns: u64, speech: &SpeechPlan) -> Vec<Word> {
    let range = block.range();
    let ms = |samples: usize| (samples - range.start) as u64 * 1_000 / RATE_HZ;
    let spans: Vec<Range<u64>> = block
        .speech
        .iter()
        .map(|span| ms(span.start)..ms(span.end))
        .collect();
    let mut words = join(&said(lines));
    snap(&mut words, &spans);
    let begins_ns = from_ns + sound::ns(range.start);
    let longest_ms = speech.duration_ns / 1_000_000;
    let title_ms = |ms: u64| {
        let stream_ns = begins_ns + ms * 1_000_000;
        (stream_ns.saturating_sub(speech.origin_ns) / 1_000_000).min(longest_ms)
    };
    for word in &mut words {
        (word.start_ms, word.end_ms) = (title_ms(word.start_ms), title_ms(word.end_ms));
    }
    words
}
