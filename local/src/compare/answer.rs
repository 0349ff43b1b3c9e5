//! What the Cloud Vision API answers, as far as it is looked at: `images:annotate`, version 1.

use reeldrop_events::Area;
use serde::Deserialize;

use super::{picture::Picture, vision::MOST_SAID};

/// The whole answer.
#[derive(Deserialize)]
pub(super) struct Answer {
    #[serde(default)]
    pub(super) responses: Vec<Response>,
}

/// What is said of one picture.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Response {
    localized_object_annotations: Vec<Object>,
    face_annotations: Vec<Face>,
    error: Option<Status>,
}

/// Why nothing is said (`google.rpc.Status`).
#[derive(Deserialize)]
pub(super) struct Status {
    #[serde(default)]
    pub(super) message: String,
}

/// A refusal of the whole request.
#[derive(Deserialize)]
pub(super) struct Refusal {
    pub(super) error: Status,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Object {
    name: String,
    bounding_poly: Polygon,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Face {
    /// Of the skin alone, as other detectors have it.
    fd_bounding_poly: Polygon,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Polygon {
    /// Of 0 to 1.
    normalized_vertices: Vec<Vertex>,
    /// In pixels.
    vertices: Vec<Vertex>,
}

/// A corner; JSON leaves zeros out.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Vertex {
    x: f64,
    y: f64,
}

/// What Vision sees on a picture: things by its own names, and faces. Or why it has not looked.
pub(super) type Image = Result<Seen, String>;

/// What Vision sees on a picture.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Seen {
    pub(super) things: Vec<(String, Area)>,
    pub(super) faces: Vec<Area>,
}

impl Response {
    /// What is seen on that picture.
    pub(super) fn image(self, picture: &Picture) -> Image {
        if let Some(error) = self.error {
            return Err(error.message.chars().take(MOST_SAID).collect());
        }
        let size = (f64::from(picture.width), f64::from(picture.height));
        let objects = self.localized_object_annotations.into_iter();
        let things = objects.filter_map(|o| Some((o.name, area(&o.bounding_poly, size)?)));
        let faces = self.face_annotations.iter();
        Ok(Seen {
            things: things.collect(),
            faces: faces
                .filter_map(|face| area(&face.fd_bounding_poly, size))
                .collect(),
        })
    }
}

/// The upright rectangle around a polygon, as far as it is on the picture.
fn area(polygon: &Polygon, (width, height): (f64, f64)) -> Option<Area> {
    let (corners, width, height) = match polygon.normalized_vertices.is_empty() {
        true => (&polygon.vertices, width, height),
        false => (&polygon.normalized_vertices, 1.0, 1.0),
    };
    let bounds = |at: fn(&Vertex) -> f64, whole: f64| {
        let places = corners
            .iter()
            .map(|corner| (at(corner) / whole).clamp(0.0, 1.0));
        let (least, most) = (places.clone().reduce(f64::min)?, places.reduce(f64::max)?);
        Some((least, most - least))
    };
    let (x, width) = bounds(|corner| corner.x, width)?;
    let (y, height) = bounds(|corner| corner.y, height)?;
    Some(Area {
        x,
        y,
        width,
        height,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn image(response: serde_json::Value) -> Image {
        let picture = Picture {
            jpeg: Vec::new(),
            width: 640,
            height: 360,
        };
        let response: Response = serde_json::from_value(response).unwrap();
        response.image(&picture)
    }

    #[test]
    fn things_and_faces_are_read_also_where_zeros_are_left_out() {
        let seen = image(json!({
            "localizedObjectAnnotations": [{
                "mid": "/m/0bt9lr", "name": "Dog", "score": 0.9,
                "boundingPoly": {"normalizedVertices":
                    [{}, {"x": 0.5}, {"x": 0.5, "y": 0.25}, {"y": 0.25}]},
            }],
            "faceAnnotations": [{
                "boundingPoly": {"vertices": [{"x": 1, "y": 1}]},
                "fdBoundingPoly": {"vertices":
                    [{"x": 320, "y": 90}, {"x": 480, "y": 90}, {"x": 480, "y": 180}, {"x": 320, "y": 180}]},
                "detectionConfidence": 0.9,
            }],
        }));
        let of = |x, y, width, height| Area {
            x,
            y,
            width,
            height,
        };
        let expected = Seen {
            things: vec![("Dog".to_owned(), of(0.0, 0.0, 0.5, 0.25))],
            faces: vec![of(0.5, 0.25, 0.25, 0.25)],
        };
        assert_eq!(seen, Ok(expected));
    }

    #[test]
    fn nothing_seen_and_not_looked_are_told_apart() {
        assert_eq!(image(json!({})), Ok(Seen::default()));
        let failed = image(json!({"error": {"code": 3, "message": "Bad image data."}}));
        assert_eq!(failed, Err("Bad image data.".to_owned()));
    }

    #[test]
    fn a_polygon_without_corners_is_no_place() {
        let thing = json!({"name": "Dog", "boundingPoly": {}});
        let seen = image(json!({"localizedObjectAnnotations": [thing]})).unwrap();
        assert_eq!(seen.things, []);
    }
}
