//! Models for tests, where no real ones are: they know three colours and nothing else. They are fakes, a
//! few numbers each, but ONNX Runtime runs them like others.

use std::{fs, io, path::Path};

use sha2::{Digest, Sha256};

/// Files of the two.
const PICTURES: &str = "fake-pictures.onnx";
const WORDS: &str = "fake-words.onnx";

/// How many words CLIP's tokenizer knows.
const VOCABULARY: usize = 49_408;

/// What the tokenizer makes of "red", "green" and "blue".
const COLOURS: [usize; 3] = [736, 1_901, 1_746];

/// Types of numbers, as ONNX counts them.
const FLOAT: u64 = 1;
const INT64: u64 = 7;

/// Numbers of fields in ONNX's protocol buffers (`onnx.proto3`).
mod field {
    pub(super) const MODEL_IR_VERSION: u64 = 1;
    pub(super) const MODEL_GRAPH: u64 = 7;
    pub(super) const MODEL_OPSET: u64 = 8;
    pub(super) const OPSET_VERSION: u64 = 2;
    pub(super) const GRAPH_NODE: u64 = 1;
    pub(super) const GRAPH_NAME: u64 = 2;
    pub(super) const GRAPH_INITIALIZER: u64 = 5;
    pub(super) const GRAPH_INPUT: u64 = 11;
    pub(super) const GRAPH_OUTPUT: u64 = 12;
    pub(super) const NODE_INPUT: u64 = 1;
    pub(super) const NODE_OUTPUT: u64 = 2;
    pub(super) const NODE_OP: u64 = 4;
    pub(super) const NODE_ATTRIBUTE: u64 = 5;
    pub(super) const ATTRIBUTE_NAME: u64 = 1;
    pub(super) const ATTRIBUTE_INT: u64 = 3;
    pub(super) const ATTRIBUTE_INTS: u64 = 8;
    pub(super) const ATTRIBUTE_TYPE: u64 = 20;
    pub(super) const TENSOR_DIMENSION: u64 = 1;
    pub(super) const TENSOR_TYPE: u64 = 2;
    pub(super) const TENSOR_NAME: u64 = 8;
    pub(super) const TENSOR_DATA: u64 = 9;
    pub(super) const VALUE_NAME: u64 = 1;
    pub(super) const VALUE_TYPE: u64 = 2;
    pub(super) const TYPE_TENSOR: u64 = 1;
    pub(super) const TENSOR_TYPE_NUMBERS: u64 = 1;
    pub(super) const TENSOR_TYPE_SHAPE: u64 = 2;
    pub(super) const SHAPE_DIMENSION: u64 = 1;
    pub(super) const DIMENSION_VALUE: u64 = 1;
    pub(super) const DIMENSION_NAME: u64 = 2;
}

/// A message that is being written.
#[derive(Default)]
struct Message(Vec<u8>);

impl Message {
    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    fn number(mut self, field: u64, value: u64) -> Self {
        self.varint(field << 3);
        self.varint(value);
        self
    }

    fn bytes(mut self, field: u64, value: &[u8]) -> Self {
        self.varint(field << 3 | 2);
        self.varint(value.len() as u64);
        self.0.extend_from_slice(value);
        self
    }

    fn message(self, field: u64, value: &Self) -> Self {
        self.bytes(field, &value.0)
    }
}

/// A tensor that goes in or comes out; a dimension of 0 takes any length.
fn value(name: &str, numbers: u64, dimensions: &[u64]) -> Message {
    let mut shape = Message::default();
    for dimension in dimensions {
        let open = Message::default().bytes(field::DIMENSION_NAME, b"any");
        let of = match dimension {
            0 => open,
            length => Message::default().number(field::DIMENSION_VALUE, *length),
        };
        shape = shape.message(field::SHAPE_DIMENSION, &of);
    }
    let tensor = Message::default()
        .number(field::TENSOR_TYPE_NUMBERS, numbers)
        .message(field::TENSOR_TYPE_SHAPE, &shape);
    let of = Message::default().message(field::TYPE_TENSOR, &tensor);
    Message::default()
        .bytes(field::VALUE_NAME, name.as_bytes())
        .message(field::VALUE_TYPE, &of)
}

fn node(op: &str, inputs: &[&str], output: &str) -> Message {
    let node = Message::default().bytes(field::NODE_OP, op.as_bytes());
    let with = |node: Message, input: &&str| node.bytes(field::NODE_INPUT, input.as_bytes());
    let node = inputs.iter().fold(node, with);
    node.bytes(field::NODE_OUTPUT, output.as_bytes())
}

/// The mean along some axes, which go.
fn mean(input: &str, axes: &[u64], output: &str) -> Message {
    const INT: u64 = 2;
    const INTS: u64 = 7;
    let attribute = |name: &str, of: u64| {
        let attribute = Message::default().bytes(field::ATTRIBUTE_NAME, name.as_bytes());
        attribute.number(field::ATTRIBUTE_TYPE, of)
    };
    let with = |all: Message, axis: &u64| all.number(field::ATTRIBUTE_INTS, *axis);
    let axes = axes.iter().fold(attribute("axes", INTS), with);
    let keep = attribute("keepdims", INT).number(field::ATTRIBUTE_INT, 0);
    node("ReduceMean", &[input], output)
        .message(field::NODE_ATTRIBUTE, &axes)
        .message(field::NODE_ATTRIBUTE, &keep)
}

/// A table of numbers that belongs to the model.
fn table(name: &str, rows: usize, numbers: &[f32]) -> Message {
    let columns = numbers.len() / rows.max(1);
    let data: Vec<u8> = numbers.iter().flat_map(|n| n.to_le_bytes()).collect();
    Message::default()
        .number(field::TENSOR_DIMENSION, rows as u64)
        .number(field::TENSOR_DIMENSION, columns as u64)
        .number(field::TENSOR_TYPE, FLOAT)
        .bytes(field::TENSOR_NAME, name.as_bytes())
        .bytes(field::TENSOR_DATA, &data)
}

fn model(nodes: &[Message], table: &Message, input: &Message, output: &Message) -> Vec<u8> {
    let graph = Message::default().bytes(field::GRAPH_NAME, b"fake");
    let with = |graph: Message, node: &Message| graph.message(field::GRAPH_NODE, node);
    let graph = nodes.iter().fold(graph, with);
    let graph = graph
        .message(field::GRAPH_INITIALIZER, table)
        .message(field::GRAPH_INPUT, input)
        .message(field::GRAPH_OUTPUT, output);
    let opset = Message::default().number(field::OPSET_VERSION, 17);
    let model = Message::default().number(field::MODEL_IR_VERSION, 8);
    let model = model.message(field::MODEL_OPSET, &opset);
    model.message(field::MODEL_GRAPH, &graph).0
}

/// What colour a picture has on average.
fn pictures() -> Vec<u8> {
    let same = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0];
    let nodes = [
        mean("pixel_values", &[2, 3], "colour"),
        node("MatMul", &["colour", "same"], "image_embeds"),
    ];
    let input = value("pixel_values", FLOAT, &[0, 3, 32, 32]);
    let output = value("image_embeds", FLOAT, &[0, 3]);
    model(&nodes, &table("same", 3, &same), &input, &output)
}

/// Which of the colours words name.
fn words() -> Vec<u8> {
    let mut meanings = vec![0.0_f32; VOCABULARY * 3];
    for (at, token) in COLOURS.into_iter().enumerate() {
        if let Some(meaning) = meanings.get_mut(token * 3 + at) {
            *meaning = 1.0;
        }
    }
    let nodes = [
        node("Gather", &["meanings", "input_ids"], "each"),
        mean("each", &[1], "text_embeds"),
    ];
    let input = value("input_ids", INT64, &[0, 0]);
    let output = value("text_embeds", FLOAT, &[0, 3]);
    let meanings = table("meanings", VOCABULARY, &meanings);
    model(&nodes, &meanings, &input, &output)
}

/// Writes the two models into a folder, and their entries beside them: `fake-pictures` and `fake-words`,
/// which know that a picture is red, green or blue, in the space `colours`.
///
/// # Errors
/// Where the folder cannot be written.
pub fn write_colour_models(folder: &Path) -> io::Result<()> {
    let entry = |file: &str, body: &[u8]| {
        let (bytes, sha256) = (body.len(), hex::encode(Sha256::digest(body)));
        format!(
            "file: {file}\n  bytes: {bytes}\n  sha256: {sha256}\n  licence: CC0-1.0\n  about: A fake.\n  pull: false\n"
        )
    };
    let (pictures, words) = (pictures(), words());
    let entries = format!(
        "- name: fake-pictures
  task: image-embedding
  {}  image_encoder:
    {{space: colours, dimension: 3, width: 32, height: 32, channels: rgb, mean: [0, 0, 0],
     deviation: [255, 255, 255], output: image_embeds}}
- name: fake-words
  task: text-embedding
  {}  text_encoder:
    {{space: colours, dimension: 3, tokenizer: clip, context: 77, output: text_embeds, alike: 0.9,
     scale: 20, prompt: 'a photo of a {{}}.', labels: [red, green, blue], score: 0.6}}
",
        entry(PICTURES, &pictures),
        entry(WORDS, &words),
    );
    fs::write(folder.join(PICTURES), pictures)?;
    fs::write(folder.join(WORDS), words)?;
    fs::write(folder.join("models.yaml"), entries)
}
