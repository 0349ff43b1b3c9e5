//! The states that a person understands.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// A word in the catalog that names no state.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is no state")]
pub struct UnknownState(String);

impl UnknownState {
    pub(crate) fn of(text: &str) -> Self {
        Self(text.to_owned())
    }
}

macro_rules! states {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
        }

        impl $name {
            /// Its word, in the catalog and in the API.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                }
            }
        }

        impl FromStr for $name {
            type Err = UnknownState;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($word => Ok(Self::$variant),)*
                    other => Err(UnknownState::of(other)),
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

states! {
    /// Where a title stands.
    AssetState {
        /// The upload is known.
        Received = "received",
        /// It can never be a title; the reason says why.
        Rejected = "rejected",
        /// It is planned, and being made.
        Processing = "processing",
        /// Its beginning plays; the rest is being made.
        Playable = "playable",
        /// All of it plays, and its pictures are made or cannot be.
        Ready = "ready",
        /// A step that it cannot do without has failed; it can be retried.
        Failed = "failed",
    }
}

states! {
    /// Where one encrypted edition of a title stands.
    PackageState {
        /// It waits for the package that it is made from.
        Waiting = "waiting",
        /// Its parts are being made.
        Processing = "processing",
        /// Its beginning plays.
        Playable = "playable",
        /// All of it plays.
        Ready = "ready",
        /// A part of it has failed; it can be retried.
        Failed = "failed",
    }
}

impl AssetState {
    /// Whether nothing more happens to the title by itself.
    #[must_use]
    pub fn is_final(self) -> bool {
        match self {
            Self::Rejected | Self::Ready | Self::Failed => true,
            Self::Received | Self::Processing | Self::Playable => false,
        }
    }
}
