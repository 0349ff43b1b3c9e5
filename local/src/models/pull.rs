//! One model from its address into the folder: whole and right, or not at all.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use futures::StreamExt;
use indicatif::{ProgressBar, ProgressStyle};
use reeldrop_models::{Model, ModelError};
use sha2::{Digest, Sha256};
use tokio::{fs, io::AsyncWriteExt};

use super::ModelsError;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long nothing may come.
const READ_TIMEOUT: Duration = Duration::from_secs(60);

/// Fetches the model's file.
pub(super) async fn fetch(model: &Model, folder: &Path) -> Result<PathBuf, ModelsError> {
    let Some(url) = &model.url else {
        return Err(ModelsError::NoAddress {
            name: model.name.clone(),
            file: model.file.clone(),
            folder: folder.display().to_string(),
        });
    };
    let path = folder.join(&model.file);
    let part = folder.join(format!("{}.part", model.file));
    let written = |source| ModelsError::Write {
        path: part.display().to_string(),
        source,
    };
    fs::create_dir_all(folder).await.map_err(written)?;
    let found = download(model, url, &part).await?;
    if found != model.sha256 {
        fs::remove_file(&part).await.map_err(written)?;
        return Err(ModelsError::Model(ModelError::Different {
            name: model.name.clone(),
            path,
            found,
            expected: model.sha256.clone(),
        }));
    }
    // Whoever looks for the model sees all of it or none.
    fs::rename(&part, &path).await.map_err(written)?;
    Ok(path)
}

/// Writes what the address gives, and says its SHA-256 in hex.
async fn download(model: &Model, url: &str, part: &Path) -> Result<String, ModelsError> {
    let failed = |error: reqwest::Error| ModelsError::Fetch {
        url: url.to_owned(),
        reason: error.to_string(),
    };
    let written = |source| ModelsError::Write {
        path: part.display().to_string(),
        source,
    };
    let client = reqwest::Client::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(READ_TIMEOUT)
        .build()
        .map_err(failed)?;
    let answer = client.get(url).send().await.map_err(failed)?;
    let answer = answer.error_for_status().map_err(failed)?;
    let bar = bar(model);
    let mut file = fs::File::create(part).await.map_err(written)?;
    let (mut hash, mut bytes) = (Sha256::new(), 0);
    let mut pieces = answer.bytes_stream();
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(failed)?;
        bytes += piece.len() as u64;
        if bytes > model.bytes {
            break;
        }
        hash.update(&piece);
        file.write_all(&piece).await.map_err(written)?;
        bar.set_position(bytes);
    }
    file.sync_all().await.map_err(written)?;
    bar.finish_and_clear();
    Ok(hex::encode(hash.finalize()))
}

fn bar(model: &Model) -> ProgressBar {
    let template = "{prefix:18} [{bar:30}] {bytes}/{total_bytes} {bytes_per_sec} {eta}";
    let style = ProgressStyle::with_template(template);
    let bar = ProgressBar::new(model.bytes);
    bar.set_style(
        style
            .unwrap_or_else(|_| ProgressStyle::default_bar())
            .progress_chars("=> "),
    );
    bar.set_prefix(model.name.clone());
    bar
}

#[cfg(test)]
mod tests {
    use axum::{Router, routing::get};
    use reeldrop_models::Task;
    use tokio::net::TcpListener;

    use super::*;

    const BODY: &str = "a model";

    async fn model(path: &str) -> Model {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}{path}", listener.local_addr().unwrap());
        let router = Router::new()
            .route("/model", get(async || BODY))
            .route("/other", get(async || "another model, which is longer"));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Model {
            name: "test".to_owned(),
            task: Task::Speech,
            file: "test.bin".to_owned(),
            bytes: BODY.len() as u64,
            sha256: hex::encode(Sha256::digest(BODY)),
            licence: "MIT".to_owned(),
            url: Some(url),
            about: String::new(),
            pull: true,
            detector: None,
            image_encoder: None,
            text_encoder: None,
        }
    }

    #[tokio::test]
    async fn a_model_is_fetched_whole() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("new");
        let path = fetch(&model("/model").await, &folder).await.unwrap();
        assert_eq!(std::fs::read_to_string(path).unwrap(), BODY);
        assert_eq!(std::fs::read_dir(folder).unwrap().count(), 1);
    }

    #[tokio::test]
    async fn another_file_or_none_leaves_nothing_behind() {
        for (path, fault) in [("/other", "SHA-256"), ("/none", "404")] {
            let folder = tempfile::tempdir().unwrap();
            let error = fetch(&model(path).await, folder.path()).await.unwrap_err();
            assert!(error.to_string().contains(fault), "{error}");
            assert_eq!(
                std::fs::read_dir(folder.path()).unwrap().count(),
                0,
                "{path}"
            );
        }
        let nowhere = Model {
            url: None,
            ..model("/model").await
        };
        let error = fetch(&nowhere, Path::new("models"))
            .await
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("put its file test.bin into models"),
            "{error}"
        );
    }
}
