//! Vision's names for things in the words of the registry's models, which are those of COCO.

use std::collections::BTreeSet;

use reeldrop_models::{ModelError, Registry, Task};

/// Vision's names that are spelled otherwise, or are of a kind of thing for which COCO has one word.
/// Vision lists its names nowhere; they are those of Open Images, as far as seen.
const TWINS: &[(&str, &str)] = &[
    ("man", "person"),
    ("woman", "person"),
    ("girl", "person"),
    ("boy", "person"),
    ("taxi", "car"),
    ("limousine", "car"),
    ("van", "car"),
    ("aircraft", "airplane"),
    ("canoe", "boat"),
    ("gondola", "boat"),
    ("barge", "boat"),
    ("ship", "boat"),
    ("chicken", "bird"),
    ("duck", "bird"),
    ("eagle", "bird"),
    ("falcon", "bird"),
    ("goose", "bird"),
    ("ostrich", "bird"),
    ("owl", "bird"),
    ("parrot", "bird"),
    ("penguin", "bird"),
    ("raven", "bird"),
    ("sparrow", "bird"),
    ("swan", "bird"),
    ("bull", "cow"),
    ("cattle", "cow"),
    ("brown bear", "bear"),
    ("polar bear", "bear"),
    ("flying disc", "frisbee"),
    ("ski", "skis"),
    ("ball", "sports ball"),
    ("football", "sports ball"),
    ("rugby ball", "sports ball"),
    ("tennis ball", "sports ball"),
    ("coffee cup", "cup"),
    ("mug", "cup"),
    ("kitchen knife", "knife"),
    ("mixing bowl", "bowl"),
    ("doughnut", "donut"),
    ("loveseat", "couch"),
    ("sofa bed", "couch"),
    ("studio couch", "couch"),
    ("houseplant", "potted plant"),
    ("infant bed", "bed"),
    ("kitchen & dining room table", "dining table"),
    ("table", "dining table"),
    ("computer monitor", "tv"),
    ("television", "tv"),
    ("computer mouse", "mouse"),
    ("remote control", "remote"),
    ("computer keyboard", "keyboard"),
    ("mobile phone", "cell phone"),
    ("microwave oven", "microwave"),
    ("alarm clock", "clock"),
    ("digital clock", "clock"),
    ("wall clock", "clock"),
    ("hair dryer", "hair drier"),
];

/// The words that the registry's models have for things.
pub(super) struct Labels(BTreeSet<String>);

impl Labels {
    /// Those of all models that come with this version.
    pub(super) fn built_in() -> Result<Self, ModelError> {
        let registry = Registry::built_in()?;
        let models = registry
            .models()
            .filter(|model| model.task == Task::Objects);
        let detectors = models.filter_map(|model| model.detector.as_ref());
        Ok(Self(detectors.flat_map(|d| d.labels.clone()).collect()))
    }

    /// The word for what Vision calls `name`; none where the models have no such word.
    pub(super) fn twin(&self, name: &str) -> Option<&str> {
        let name = name.to_lowercase();
        // An animal in Open Images, a thing on a desk in COCO.
        if name == "mouse" {
            return None;
        }
        let other = TWINS.iter().find(|(theirs, _)| *theirs == name);
        let ours = other.map_or(name.as_str(), |(_, ours)| ours);
        self.0.get(ours).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_their_twins() {
        let labels = Labels::built_in().unwrap();
        for (theirs, ours) in [
            ("Person", Some("person")),
            ("Man", Some("person")),
            ("Woman", Some("person")),
            ("Girl", Some("person")),
            ("Boy", Some("person")),
            ("Dog", Some("dog")),
            ("Bottle", Some("bottle")),
            ("Mobile phone", Some("cell phone")),
            ("Kitchen & dining room table", Some("dining table")),
            ("Computer mouse", Some("mouse")),
            ("Mouse", None),
            ("Clothing", None),
            ("Packaged goods", None),
        ] {
            assert_eq!(labels.twin(theirs), ours, "{theirs}");
        }
    }

    #[test]
    fn each_twin_is_a_word_of_the_models_and_no_word_has_two() {
        let labels = Labels::built_in().unwrap();
        assert_eq!(labels.0.len(), 80, "{:?}", labels.0);
        for (theirs, ours) in TWINS {
            assert!(labels.0.contains(*ours), "{ours}");
            assert!(!labels.0.contains(*theirs), "{theirs} has its own word");
            assert_eq!(*theirs, theirs.to_lowercase());
        }
    }
}
