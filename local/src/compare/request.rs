//! Requests to the Cloud Vision API: what is asked of which pictures.

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};

use super::picture::Picture;

/// Most pictures of a request, by Google's rule.
const MOST_PICTURES: usize = 16;

/// Most bytes of a request's pictures: Google takes 10 MB of JSON, and base64 makes four bytes of three.
const MOST_BYTES: usize = 7_000_000;

/// Most things of each feature that are asked for on a picture.
const MOST_RESULTS: u32 = 100;

/// Pictures in requests as large as the API takes.
pub(super) fn batches(pictures: &[Picture]) -> Vec<&[Picture]> {
    let mut batches = Vec::new();
    let (mut start, mut bytes) = (0, 0);
    for (at, picture) in pictures.iter().enumerate() {
        let full = at - start == MOST_PICTURES || bytes + picture.jpeg.len() > MOST_BYTES;
        if full && at > start {
            batches.push(&pictures[start..at]);
            (start, bytes) = (at, 0);
        }
        bytes += picture.jpeg.len();
    }
    if start < pictures.len() {
        batches.push(&pictures[start..]);
    }
    batches
}

/// What is asked of pictures, as `images:annotate` takes it.
pub(super) fn request(pictures: &[Picture], faces: bool) -> Value {
    let feature = |kind: &str| json!({"type": kind, "maxResults": MOST_RESULTS});
    let mut features = vec![feature("OBJECT_LOCALIZATION")];
    features.extend(faces.then(|| feature("FACE_DETECTION")));
    let requests = pictures.iter().map(|picture| {
        json!({"image": {"content": BASE64_STANDARD.encode(&picture.jpeg)}, "features": features})
    });
    json!({"requests": requests.collect::<Vec<_>>()})
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(bytes: usize) -> Picture {
        Picture {
            jpeg: vec![0; bytes],
            width: 1,
            height: 1,
        }
    }

    #[test]
    fn requests_are_no_larger_than_the_api_takes() {
        let lengths = |pictures: &[Picture]| -> Vec<usize> {
            batches(pictures).iter().map(|batch| batch.len()).collect()
        };
        assert_eq!(lengths(&vec![picture(1); 35]), [16, 16, 3]);
        assert_eq!(lengths(&vec![picture(3_000_000); 5]), [2, 2, 1]);
        assert_eq!(lengths(&vec![picture(9_000_000); 2]), [1, 1]);
        assert_eq!(lengths(&[]), [0; 0]);
        let largest = request(&vec![picture(MOST_BYTES / 16); 16], true);
        assert!(largest.to_string().len() < 10_000_000);
    }
}
