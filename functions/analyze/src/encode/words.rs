//! The model that says what words mean.

use instant_clip_tokenizer::{Token, Tokenizer};
use ort::{
    environment::Environment,
    session::Session,
    value::{TensorElementType, TensorRef, ValueType},
};
use reeldrop_events::Embedding;
use reeldrop_models::{TextEncoder, Tokenizer as Kind};

use super::{Contract, Labels};
use crate::{Error, Execution, config::Installed, eye::session};

/// A model for words that is ready.
pub(crate) struct WordEncoder {
    name: String,
    contract: TextEncoder,
    tokenizer: Tokenizer,
    session: Session,
    /// Tokens that go in where the model wants that many; else as many as there are.
    tokens: Option<usize>,
}

impl WordEncoder {
    /// Reads a model's file, and holds it against its entry.
    pub(crate) fn open(
        environment: &Environment,
        installed: &Installed,
        execution: Execution,
        threads: usize,
    ) -> Result<Self, Error> {
        let name = installed.model.name.clone();
        let contract = installed.model.text_encoder.clone();
        let contract = contract.ok_or_else(|| Error::Contract {
            name: name.clone(),
            reason: "it has no text_encoder".to_owned(),
        })?;
        let session = session(environment, installed, execution, threads)?;
        let tokenizer = match contract.tokenizer {
            Kind::Clip => Tokenizer::new(),
        };
        let context = i64::try_from(contract.context).unwrap_or(i64::MAX);
        tensors(&name, &contract, &[1, context]).check(&session)?;
        let tokens = wants(&session, context).then_some(contract.context);
        Ok(Self {
            name,
            contract,
            tokenizer,
            session,
            tokens,
        })
    }

    /// What goes in and comes out.
    pub(crate) fn contract(&self) -> &TextEncoder {
        &self.contract
    }

    /// What words mean, however many there are; none where that is nothing.
    pub(crate) fn encode(&mut self, words: &str) -> Result<Option<Embedding>, Error> {
        let look = |error: ort::Error| Error::of_runtime(error.to_string(), Error::Look);
        let input = self.input(words);
        let shape = [1, i64::try_from(input.len()).unwrap_or(i64::MAX)];
        let tensor = TensorRef::from_array_view((shape, input.as_slice())).map_err(look)?;
        let outputs = self.session.run(ort::inputs![tensor]).map_err(look)?;
        tensors(&self.name, &self.contract, &shape).embedding(&outputs)
    }

    /// What the labels of its entry mean.
    pub(crate) fn labels(&mut self) -> Result<Labels, Error> {
        let contract = self.contract.clone();
        let mut known = Vec::with_capacity(contract.labels.len());
        for label in contract.labels {
            let prompt = contract.prompt.replace("{}", &label);
            if let Some(embedding) = self.encode(&prompt)? {
                known.push((label, embedding));
            }
        }
        Ok(Labels::new(known, contract.scale, contract.score))
    }

    /// Start, words and end, and as many zeros as the model wants.
    fn input(&self, words: &str) -> Vec<i64> {
        let mut tokens = vec![self.tokenizer.start_of_text()];
        self.tokenizer.encode(words, &mut tokens);
        tokens.truncate(self.contract.context.saturating_sub(1));
        tokens.push(self.tokenizer.end_of_text());
        let numbers = tokens.into_iter().map(Token::to_u16).map(i64::from);
        let mut numbers: Vec<i64> = numbers.collect();
        // Nothing after the end counts; CLIP's own code puts zeros there, too.
        numbers.resize(self.tokens.unwrap_or(numbers.len()), 0);
        numbers
    }
}

fn tensors<'a>(name: &'a str, contract: &'a TextEncoder, shape: &'a [i64]) -> Contract<'a> {
    Contract {
        name,
        input: TensorElementType::Int64,
        shape,
        output: &contract.output,
        dimension: contract.dimension,
    }
}

/// Whether a model takes exactly so many tokens.
fn wants(session: &Session, tokens: i64) -> bool {
    let input = session.inputs().first().map(|input| input.dtype());
    matches!(input, Some(ValueType::Tensor { shape, .. }) if shape.last() == Some(&tokens))
}
