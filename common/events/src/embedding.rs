//! What a picture or words mean, as a direction that can be compared with others.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::LookingModel;

/// A direction in a space in which pictures lie near the words that fit them. Only embeddings of one space
/// can be compared.
///
/// Each number is kept in eight bits, the largest being 127: how long a direction is means nothing, and
/// what rounding adds is a few thousandths of a cosine. In JSON it is base64.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Embedding(Vec<i8>);

impl Embedding {
    /// Of what a model answers; none of what is no direction: zeros, or numbers that are none.
    #[must_use]
    pub fn of(numbers: &[f32]) -> Option<Self> {
        let largest = numbers.iter().fold(0.0_f32, |most, n| most.max(n.abs()));
        let is_direction = largest > 0.0 && numbers.iter().all(|number| number.is_finite());
        let kept = |number: &f32| (number / largest * 127.0).round() as i8;
        is_direction.then(|| Self(numbers.iter().map(kept).collect()))
    }

    /// As a database keeps it.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.0.iter().map(|number| number.cast_unsigned()).collect()
    }

    /// How many numbers it has.
    #[must_use]
    pub fn dimension(&self) -> usize {
        self.0.len()
    }

    /// The cosine of the angle to another one, -1 to 1; none where that has another dimension.
    #[must_use]
    pub fn cosine(&self, other: &Self) -> Option<f64> {
        self.cosine_with(&other.to_bytes())
    }

    /// The same with one as a database keeps it.
    #[must_use]
    pub fn cosine_with(&self, bytes: &[u8]) -> Option<f64> {
        if bytes.len() != self.0.len() {
            return None;
        }
        let (mut product, mut own, mut theirs) = (0_i32, 0_i32, 0_i32);
        for (a, b) in self.0.iter().zip(bytes) {
            let (a, b) = (i32::from(*a), i32::from(b.cast_signed()));
            product += a * b;
            own += a * a;
            theirs += b * b;
        }
        let lengths = f64::from(own).sqrt() * f64::from(theirs).sqrt();
        (lengths > 0.0).then(|| f64::from(product) / lengths)
    }
}

impl Serialize for Embedding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(self.to_bytes()))
    }
}

/// Longest embedding that is read: models have 512 to 1,280 numbers.
const MOST: usize = 8_192;

impl<'de> Deserialize<'de> for Embedding {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = STANDARD.decode(text).map_err(D::Error::custom)?;
        if bytes.len() > MOST {
            return Err(D::Error::custom(format!("more than {MOST} numbers")));
        }
        Ok(Self(
            bytes.into_iter().map(|byte| byte.cast_signed()).collect(),
        ))
    }
}

/// What scenes look like, to be compared with words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SceneEmbeddings {
    /// The space in which they can be compared.
    pub space: String,
    /// The model that made them.
    pub model: LookingModel,
    /// Number of the first one among all of the title's, from 0.
    pub first: u32,
    /// In the order of their times.
    pub scenes: Vec<SceneEmbedding>,
}

/// What a scene, or a piece of a long one, looks like.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SceneEmbedding {
    /// When it begins, milliseconds.
    pub start_ms: u64,
    /// When it ends, milliseconds.
    pub end_ms: u64,
    /// When the picture is shown that stands for it, milliseconds.
    pub best_ms: u64,
    /// What that looks like.
    pub embedding: Embedding,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cosines_are_those_of_the_numbers_that_were_kept() {
        let embedding = |numbers: &[f32]| Embedding::of(numbers).unwrap();
        let (a, b) = (embedding(&[0.6, 0.8, 0.0]), embedding(&[8.0, 6.0, 0.0]));
        assert!((a.cosine(&a).unwrap() - 1.0).abs() < 1e-9);
        assert!((a.cosine(&b).unwrap() - 0.96).abs() < 5e-3);
        let other = embedding(&[-0.6, -0.8, 0.0]);
        assert!((a.cosine(&other).unwrap() + 1.0).abs() < 1e-9);
        assert_eq!(a.cosine(&embedding(&[1.0])), None);
    }

    #[test]
    fn what_has_no_direction_is_none() {
        for numbers in [
            &[][..],
            &[0.0, 0.0],
            &[f32::NAN, 1.0],
            &[1.0, f32::INFINITY],
        ] {
            assert_eq!(Embedding::of(numbers), None, "{numbers:?}");
        }
        let nothing: Embedding = serde_json::from_str("\"\"").unwrap();
        assert_eq!(nothing.cosine(&nothing), None);
    }

    #[test]
    fn it_is_read_as_it_was_written_and_no_longer_than_it_may_be() {
        let kept = Embedding::of(&[0.5, -1.0, 0.25]).unwrap();
        let json = serde_json::to_string(&kept).unwrap();
        assert_eq!(serde_json::from_str::<Embedding>(&json).unwrap(), kept);
        let long = format!("\"{}\"", STANDARD.encode(vec![1; MOST + 1]));
        assert!(serde_json::from_str::<Embedding>(&long).is_err());
        assert!(serde_json::from_str::<Embedding>("\"?\"").is_err());
    }
}
