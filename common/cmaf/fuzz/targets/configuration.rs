//! Codec configurations, `moof` boxes alone, and box headers: a byte that picks a codec, then bytes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use reeldrop_cmaf::boxes::{Header, iter};
use reeldrop_cmaf::moof::{self, Defaults};
use reeldrop_cmaf::{Codec, codec_string};
use reeldrop_cmaf_fuzz::bounded;

const CODECS: [Codec; 5] = [Codec::H264, Codec::H265, Codec::Av1, Codec::Vp9, Codec::Aac];

fuzz_target!(|data: &[u8]| bounded(data, || {
    let Some((codec, config)) = data.split_first() else {
        return;
    };
    let _ = codec_string(CODECS[usize::from(*codec) % CODECS.len()], config);
    let _ = Header::read(config);
    for found in iter(config).flatten() {
        let _ = moof::read(&found, |_| Defaults::default());
    }
}));
