//! Every clip ends as it must: ready with the right picture, or rejected with the right reason.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{collections::BTreeMap, fs};

use reeldrop_tests::{Added, Bundle, clips};

/// What becomes of a clip.
enum Expect {
    /// Ready, with a picture of this many milliseconds.
    Ready(u64),
    /// Rejected, for a reason that holds these words.
    Rejected(&'static str),
}
use Expect::{Ready, Rejected};

const TABLE: &[(&str, Expect)] = &[
    ("audioonly_aac_15s.mp4", Rejected("no video")),
    ("av1_aac.mp4", Ready(1_001)),
    ("av1_videoonly_5s.mkv", Ready(5_000)),
    ("bad_init_truncated.mp4", Rejected("damaged")),
    ("bad_mdat_too_long.mp4", Ready(1_001)),
    ("bad_missing_stsd.mp4", Ready(1_001)),
    ("bad_moov_only_no_mdat.mp4", Rejected("cut off")),
    ("bad_no_moov.mp4", Rejected("moov")),
    ("bad_vp9_bitstream.webm", Rejected("vp9")),
    ("cbcs_audio_clear.mp4", Rejected("no video")),
    ("cbcs_audio_enc.mp4", Rejected("encrypted")),
    ("cbcs_video_clear.mp4", Ready(7_590)),
    ("cbcs_video_enc.mp4", Rejected("encrypted")),
    ("cenc_av_clear.mp4", Ready(8_000)),
    ("cenc_av_enc.mp4", Rejected("encrypted")),
    ("dog_bicycle_car.jpg", Rejected("still picture")),
    ("face_signerA_again.mkv", Ready(2_600)),
    ("face_signerA_brother.mkv", Ready(2_200)),
    ("face_signerA_help.mkv", Ready(1_933)),
    ("face_signerB_eat.mkv", Ready(1_567)),
    ("face_signerC_book.mkv", Ready(3_667)),
    ("frag_bogus_duration.mp4", Ready(1_001)),
    ("frag_seekable.mp4", Ready(1_001)),
    ("h264_10bit.mp4", Ready(1_000)),
    ("h264_aac.flv", Ready(1_001)),
    ("h264_aac.mov", Ready(1_001)),
    ("h264_aac_1080p_6min_lowbitrate.mp4", Ready(362_767)),
    ("h264_aac_1s_sample.mp4", Ready(1_001)),
    ("h264_aac_640x360_17s.mp4", Ready(17_063)),
    ("h264_aac_640x360_8s_audio_first.mp4", Ready(8_000)),
    ("h264_aac_720p_people_5s.mp4", Ready(4_972)),
    ("h264_aac_bbb_320x240_10s.mp4", Ready(9_917)),
    ("h264_aac_chapters.mp4", Ready(1_001)),
    ("h264_aac_portrait_coded.mp4", Ready(1_001)),
    ("h264_aac_portrait_rot90_4k60.mp4", Ready(300)),
    ("h264_aac_rot270_720p.mp4", Ready(4_972)),
    ("h264_aac_shorter_audio.mp4", Ready(1_200)),
    ("h264_aac_silent_black_10s.mp4", Ready(10_000)),
    ("h264_ac3.mkv", Ready(1_001)),
    ("h264_ac3_srt.mkv", Ready(1_001)),
    ("h264_full_range_709.mp4", Ready(1_000)),
    ("h264_pcm_1080p50.mov", Ready(2_000)),
    ("h264_videoonly.ts", Ready(1_000)),
    ("hdr10_pq_av1_portrait.mp4", Ready(4_238)),
    ("hdr_hlg_hevc_1080p.mp4", Ready(300)),
    ("hevc_10bit.mp4", Ready(1_000)),
    ("hevc_bframes_480p.mp4", Ready(1_000)),
    ("hevc_videoonly.ts", Ready(1_000)),
    ("mpeg2_mp2_1080p.ts", Ready(2_500)),
    ("mpeg4_mp3.avi", Ready(4_088)),
    ("multi_2video_2audio_2subs_nasa.mp4", Ready(13_013)),
    ("noaudio_h264.mp4", Ready(1_001)),
    ("objects_bottles_640x360_40s.mp4", Ready(39_855)),
    ("objects_cars_768x432_30s.mp4", Ready(30_160)),
    ("objects_persons_768x432_139s.mp4", Ready(139_400)),
    ("speech_english_15s.mp3", Rejected("no video")),
    ("speech_jfk_11s.mp3", Rejected("no video")),
    ("speech_jfk_11s.wav", Rejected("no video")),
    ("vfr_edit_list.mp4", Ready(2_547)),
    ("vfr_slow_motion.mp4", Ready(525)),
    ("vp8_vorbis51_1080p60.webm", Ready(1_000)),
    ("vp9_in_mp4.mp4", Ready(4_000)),
    ("vp9_noaudio_bear.webm", Ready(2_736)),
    ("vp9_square_642.webm", Ready(2_967)),
    ("vp9_vorbis51_540p60.webm", Ready(1_000)),
];

/// Half a frame at 12 frames a second, for containers that round their times.
const TOLERANCE_MS: u64 = 42;

/// How much longer than its picture a title may be: the sound of some clips outlasts it.
const SOUND_MS: u64 = 120;

#[test]
fn every_clip_ends_ready_or_rejected_for_the_right_reason() {
    let Some(folder) = clips("the table of clips") else {
        return;
    };
    let expected: BTreeMap<_, _> = TABLE.iter().map(|(file, expect)| (*file, expect)).collect();
    let files = media_files(&folder);
    for file in &files {
        assert!(
            expected.contains_key(file.as_str()),
            "{file} is not in the table"
        );
    }
    let bundle = Bundle::start().unwrap();
    let paths: Vec<String> = files
        .iter()
        .map(|file| folder.join(file).display().to_string())
        .collect();
    let arguments: Vec<&str> = paths.iter().map(String::as_str).collect();
    let added = bundle.add(&arguments).unwrap();
    assert_eq!(added.len(), files.len(), "one line per file");

    let wrong: Vec<String> = added
        .iter()
        .filter_map(|added| {
            let file = added.file.rsplit('/').next().unwrap();
            mismatch(added, expected[file]).map(|what| format!("{file}: {what}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}\n{}", wrong.join("\n"), bundle.log());
}

fn media_files(folder: &std::path::Path) -> Vec<String> {
    let mut files: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "MANIFEST.tsv")
        .collect();
    files.sort();
    files
}

fn mismatch(added: &Added, expect: &Expect) -> Option<String> {
    let reason = added.reason.clone().unwrap_or_default();
    match expect {
        Ready(duration_ms) => {
            if added.state != "ready" {
                return Some(format!("{} ({reason}), expected ready", added.state));
            }
            let got = added.duration_ms.unwrap_or_default();
            let fits = (duration_ms - TOLERANCE_MS..=duration_ms + SOUND_MS).contains(&got);
            (!fits).then(|| format!("{got} ms long, expected {duration_ms}"))
        }
        Rejected(words) => {
            let fits = added.state == "rejected"
                && !reason.is_empty()
                && reason.to_lowercase().contains(words);
            (!fits).then(|| format!("{} ({reason}), expected rejected ({words})", added.state))
        }
    }
}
