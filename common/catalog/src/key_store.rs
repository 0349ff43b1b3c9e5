//! Content keys, wrapped at rest.

use std::fmt;

use aes_gcm::aead::{OsRng, rand_core::RngCore};
use reeldrop_events::{AssetId, PackageNo};
use tokio_postgres::Row;
use uuid::Uuid;

use crate::{Catalog, CatalogError, MasterKey};

/// A content key with its id and constant IV.
#[derive(Clone, PartialEq, Eq)]
pub struct ContentKey {
    /// Key id.
    pub kid: Uuid,
    /// The key. A secret: never in an event, a log or a file name.
    pub key: [u8; 16],
    /// The constant IV of `cbcs`; `cenc` counts on from its first 8 bytes.
    pub iv: [u8; 16],
    /// What a key server says of it besides: a CPIX document without the key.
    pub document: Option<String>,
}

impl fmt::Debug for ContentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ContentKey {{ kid: {}, .. }}", self.kid)
    }
}

impl ContentKey {
    /// A caller's key, with an IV from the system's randomness.
    #[must_use]
    pub fn with_random_iv(kid: Uuid, key: [u8; 16]) -> Self {
        let mut iv = [0; 16];
        OsRng.fill_bytes(&mut iv);
        Self {
            kid,
            key,
            iv,
            document: None,
        }
    }

    /// A key, key id and IV from the system's randomness.
    #[must_use]
    pub fn generate() -> Self {
        let mut key = [0; 16];
        OsRng.fill_bytes(&mut key);
        Self::with_random_iv(Uuid::new_v4(), key)
    }
}

/// The content keys of all titles.
#[derive(Clone, Debug)]
pub struct KeyStore {
    catalog: Catalog,
    master: MasterKey,
}

impl fmt::Debug for Catalog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Catalog")
    }
}

/// The key of a package: the one that was asked for, else the one that was made for it.
const PACKAGE_KEY: &str = "
    select k.kid, k.wrapped, k.document from content_keys k
    left join packages p on p.asset = k.asset and p.package = $2
    where k.asset = $1
      and (p.kid = k.kid or (p.kid is null and k.package = $2))";

/// The same key id staged before is taken over; another key of the package stays.
const INSERT: &str = "
    insert into content_keys (asset, kid, package, wrapped, document, described)
    select $1, $2, $3, $4, $5, ($5::text is not null)::integer
    where not exists (select from assets where id = $1 and deleted_at is not null)
    on conflict do nothing";

/// Keys in the order of the table's own index, after one of them.
const NEXT: &str = "
    select asset, kid, wrapped from content_keys
    where (asset, kid) > ($1, $2) order by asset, kid limit $3";

/// How far keys were wrapped again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rewrapped {
    /// Keys that were looked at.
    pub looked_at: u64,
    /// Those among them that were wrapped again.
    pub rewrapped: u64,
    /// Those that no master key unwraps.
    pub unreadable: u64,
    /// Where to go on: the last key that was looked at; none at the end.
    pub next: Option<(AssetId, Uuid)>,
}

impl KeyStore {
    /// Keys of `catalog`, wrapped under `master`.
    #[must_use]
    pub fn new(catalog: Catalog, master: MasterKey) -> Self {
        Self { catalog, master }
    }

    /// The master key, to wrap what travels outside of the catalog.
    #[must_use]
    pub fn master(&self) -> &MasterKey {
        &self.master
    }

    /// The key of a package; `new` becomes it where there is none yet. The first one wins.
    ///
    /// # Errors
    /// [`CatalogError::Deleted`] where the title was deleted, [`CatalogError::OtherKey`] where the
    /// key id of `new` is another key of the title, and what the database says.
    pub async fn get_or_insert(
        &self,
        asset: AssetId,
        package: PackageNo,
        new: ContentKey,
    ) -> Result<ContentKey, CatalogError> {
        if let Some(key) = self.package_key(asset, package).await? {
            return Ok(key);
        }
        let number = i32::try_from(package.0).unwrap_or(i32::MAX);
        self.insert(asset, Some(number), &new).await?;
        self.claim(asset, number, &new).await?;
        self.package_key(asset, package)
            .await?
            .ok_or(CatalogError::Deleted(asset))
    }

    /// The title's key with this id.
    ///
    /// # Errors
    /// What the database says; [`CatalogError::Unwrap`] under another master key.
    pub async fn by_kid(
        &self,
        asset: AssetId,
        kid: Uuid,
    ) -> Result<Option<ContentKey>, CatalogError> {
        let client = self.catalog.connection().await?;
        let query = client
            .prepare_cached(
                "select kid, wrapped, document from content_keys where asset = $1 and kid = $2",
            )
            .await?;
        let row = client.query_opt(&query, &[&asset.0, &kid]).await?;
        row.map(|row| self.open(asset, &row)).transpose()
    }

    /// The key of a package, where it has one.
    ///
    /// # Errors
    /// What the database says; [`CatalogError::Unwrap`] under another master key.
    pub async fn package_key(
        &self,
        asset: AssetId,
        package: PackageNo,
    ) -> Result<Option<ContentKey>, CatalogError> {
        let client = self.catalog.connection().await?;
        let query = client.prepare_cached(PACKAGE_KEY).await?;
        let number = i32::try_from(package.0).unwrap_or(i32::MAX);
        let row = client.query_opt(&query, &[&asset.0, &number]).await?;
        row.map(|row| self.open(asset, &row)).transpose()
    }

    /// Keeps a key for a request to package with it, before the package has a number.
    ///
    /// Staging the same key again changes nothing, but for what a key server says of it now. Gives how often
    /// that has changed; 0 where `key` comes without.
    ///
    /// # Errors
    /// [`CatalogError::OtherKey`] where the key id names another key of the title already.
    pub async fn stage(&self, asset: AssetId, key: &ContentKey) -> Result<u32, CatalogError> {
        self.insert(asset, None, key).await?;
        match self.by_kid(asset, key.kid).await? {
            Some(kept) if kept.key == key.key => match &key.document {
                Some(document) => self.describe(asset, key.kid, document).await,
                None => Ok(0),
            },
            Some(_) => Err(CatalogError::OtherKey {
                asset,
                kid: key.kid,
            }),
            None => Err(CatalogError::Deleted(asset)),
        }
    }

    /// Wraps keys of earlier master keys again, with the one that wraps now: of up to `most` keys after the
    /// given one. Doing it again changes nothing.
    ///
    /// # Errors
    /// What the database says.
    pub async fn rewrap(
        &self,
        after: Option<(AssetId, Uuid)>,
        most: u32,
    ) -> Result<Rewrapped, CatalogError> {
        let client = self.catalog.connection().await?;
        let query = client.prepare_cached(NEXT).await?;
        let (asset, kid) = after.unwrap_or((AssetId(Uuid::nil()), Uuid::nil()));
        let rows = client
            .query(&query, &[&asset.0, &kid, &i64::from(most)])
            .await?;
        let mut done = Rewrapped::default();
        for row in &rows {
            let (asset, kid) = (AssetId(row.try_get("asset")?), row.try_get("kid")?);
            let wrapped: &str = row.try_get("wrapped")?;
            done.looked_at += 1;
            match self.master.renewed(wrapped, &context(asset, kid)) {
                // Where the row has changed or gone meanwhile, there is nothing to do.
                Ok(Some(renewed)) => {
                    let statement = "update content_keys set wrapped = $4
                        where asset = $1 and kid = $2 and wrapped = $3";
                    let statement = client.prepare_cached(statement).await?;
                    done.rewrapped += client
                        .execute(&statement, &[&asset.0, &kid, &wrapped, &renewed])
                        .await?;
                }
                Ok(None) => {}
                Err(_) => done.unreadable += 1,
            }
            done.next = Some((asset, kid));
        }
        if rows.len() < most as usize {
            done.next = None;
        }
        Ok(done)
    }

    async fn describe(
        &self,
        asset: AssetId,
        kid: Uuid,
        document: &str,
    ) -> Result<u32, CatalogError> {
        let client = self.catalog.connection().await?;
        let statement = "update content_keys
            set described = described + (document is distinct from $3)::integer, document = $3
            where asset = $1 and kid = $2 returning described";
        let statement = client.prepare_cached(statement).await?;
        let row = client
            .query_opt(&statement, &[&asset.0, &kid, &document])
            .await?;
        let row = row.ok_or(CatalogError::Deleted(asset))?;
        Ok(row.try_get::<_, i32>("described")?.unsigned_abs())
    }

    /// Keeps what a key server says of the key that an upload brings, by the object's name. The last wins.
    ///
    /// # Errors
    /// What the database says.
    pub async fn describe_upload(&self, object: &str, document: &str) -> Result<(), CatalogError> {
        let client = self.catalog.connection().await?;
        let statement = "insert into upload_documents (object, document) values ($1, $2)
            on conflict (object) do update set document = excluded.document";
        let statement = client.prepare_cached(statement).await?;
        client.execute(&statement, &[&object, &document]).await?;
        Ok(())
    }

    /// What [`Self::describe_upload`] has kept.
    ///
    /// # Errors
    /// What the database says.
    pub async fn upload_document(&self, object: &str) -> Result<Option<String>, CatalogError> {
        let client = self.catalog.connection().await?;
        let query = "select document from upload_documents where object = $1";
        let query = client.prepare_cached(query).await?;
        let row = client.query_opt(&query, &[&object]).await?;
        Ok(row.map(|row| row.try_get("document")).transpose()?)
    }

    async fn insert(
        &self,
        asset: AssetId,
        package: Option<i32>,
        key: &ContentKey,
    ) -> Result<(), CatalogError> {
        let secret = [key.key, key.iv].concat();
        let wrapped = self.master.seal(&secret, &context(asset, key.kid));
        let client = self.catalog.connection().await?;
        let statement = client.prepare_cached(INSERT).await?;
        client
            .execute(
                &statement,
                &[&asset.0, &key.kid, &package, &wrapped, &key.document],
            )
            .await?;
        Ok(())
    }

    /// Gives a package the staged key that `new` names again.
    async fn claim(
        &self,
        asset: AssetId,
        package: i32,
        new: &ContentKey,
    ) -> Result<(), CatalogError> {
        match self.by_kid(asset, new.kid).await? {
            Some(kept) if kept.key != new.key => {
                return Err(CatalogError::OtherKey {
                    asset,
                    kid: new.kid,
                });
            }
            Some(_) | None => {}
        }
        let client = self.catalog.connection().await?;
        client
            .execute(
                "update content_keys k set package = $3
                 where asset = $1 and kid = $2 and package is null
                   and not exists (select from content_keys o where o.asset = $1 and o.package = $3)",
                &[&asset.0, &new.kid, &package],
            )
            .await?;
        Ok(())
    }

    fn open(&self, asset: AssetId, row: &Row) -> Result<ContentKey, CatalogError> {
        let kid: Uuid = row.try_get("kid")?;
        let wrapped: &str = row.try_get("wrapped")?;
        let secret: [u8; 32] = self.master.open(wrapped, &context(asset, kid))?;
        let mut key = [0; 16];
        let mut iv = [0; 16];
        key.copy_from_slice(&secret[..16]);
        iv.copy_from_slice(&secret[16..]);
        let document = row.try_get("document")?;
        Ok(ContentKey {
            kid,
            key,
            iv,
            document,
        })
    }
}

/// What a wrapped key is bound to, so that a row copied to another title does not open.
fn context(asset: AssetId, kid: Uuid) -> String {
    format!("reeldrop content key {asset} {kid}")
}
