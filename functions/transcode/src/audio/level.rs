//! Loudness: a gain, and a last resort against samples that the gain lifts over full scale.

/// Up to here samples pass unbent.
const KNEE: f32 = 0.95;

/// Multiplies interleaved 32-bit little-endian samples by `gain`.
///
/// Above [`KNEE`] the curve bends smoothly and never reaches full scale. It has no memory, so that
/// parts meet without a step.
pub(crate) fn apply(samples: &mut [u8], gain: f32) {
    for bytes in samples.as_chunks_mut::<4>().0 {
        *bytes = bend(f32::from_le_bytes(*bytes) * gain).to_le_bytes();
    }
}

fn bend(sample: f32) -> f32 {
    let over = sample.abs() - KNEE;
    if over <= 0.0 {
        return sample;
    }
    if over.is_nan() {
        return 0.0;
    }
    let room = 1.0 - KNEE;
    (KNEE + room * (over / room).tanh()).copysign(sample)
}

/// The factor of a gain in hundredths of a decibel.
pub(crate) fn factor(gain_cdb: i32) -> f32 {
    10.0_f64.powf(f64::from(gain_cdb) / 2000.0) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn six_decibels_double() {
        assert!((factor(602) - 2.0).abs() < 0.001);
        assert!((factor(0) - 1.0).abs() < f32::EPSILON);
    }

    #[test]
    fn nothing_leaves_full_scale_and_quiet_samples_stay() {
        assert!((bend(0.5) - 0.5).abs() < f32::EPSILON);
        for loud in [0.96, 1.0, 2.0, -3.0, f32::INFINITY] {
            assert!(bend(loud).abs() <= 1.0 && bend(loud).abs() > KNEE);
            assert!((bend(loud) > 0.0) == (loud > 0.0));
        }
        assert!(bend(f32::NAN).abs() <= 1.0);
    }
}
