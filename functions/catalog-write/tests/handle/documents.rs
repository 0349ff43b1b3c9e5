//! What key servers say of keys that come with uploads is forgotten when nobody needs it any more.

use crate::{stage::Stage, story::Story};

const STORY: Story = Story { chunks: 1 };

/// Objects whose documents are kept.
async fn kept(stage: &Stage) -> Vec<String> {
    let client = stage.database.client().await;
    let rows = client.query("select object from upload_documents order by object", &[]);
    let rows = rows.await.unwrap();
    rows.iter().map(|row| row.get("object")).collect()
}

async fn keep(stage: &Stage, object: &str, age_days: i32) {
    let client = stage.database.client().await;
    let statement = "insert into upload_documents (object, document, created_at)
        values ($1, '<CPIX/>', now() - make_interval(days => $2))";
    client
        .execute(statement, &[&object, &age_days])
        .await
        .unwrap();
}

#[tokio::test]
async fn a_deleted_titles_document_goes_with_it_and_no_other() {
    let stage = Stage::new().await;
    stage.handle(STORY.uploaded()).await;
    let object = STORY.source().object;
    keep(&stage, &object, 0).await;
    keep(&stage, "another.mp4", 0).await;
    stage.handle(STORY.deleted()).await;
    assert_eq!(kept(&stage).await, ["another.mp4"]);
}

#[tokio::test]
async fn documents_of_uploads_that_were_given_up_are_swept_away() {
    let stage = Stage::new().await;
    keep(&stage, "old.mp4", 31).await;
    keep(&stage, "young.mp4", 29).await;
    stage.sweep().await;
    assert_eq!(kept(&stage).await, ["young.mp4"]);
}
