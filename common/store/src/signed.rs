//! Requests that somebody else may send without the store's keys.

/// A request to be sent as it is, by anybody, until its time is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedRequest {
    /// HTTP method.
    pub method: String,
    /// Address with the signature in its query: as secret as a key.
    pub url: String,
    /// Headers that must be sent with it.
    pub headers: Vec<(String, String)>,
}
