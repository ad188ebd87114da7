//! The parameters of a request, as what a service wants them to be.

use serde::de::DeserializeOwned;
use serde_json::Value;
use tradebus::{Call, ServiceError};

/// Reads the parameters of a request.
///
/// # Errors
///
/// `bad_request`, with the name of what is wrong.
pub fn read<T: DeserializeOwned>(call: &Call) -> Result<T, ServiceError> {
    let params = Value::Object(call.params.clone());
    serde_path_to_error::deserialize(params).map_err(|error| {
        let (path, inner) = (error.path().to_string(), error.inner());
        let at = if path == "." { String::new() } else { format!("`{path}`: ") };
        ServiceError::bad_request(format!("{at}{inner}"))
    })
}
