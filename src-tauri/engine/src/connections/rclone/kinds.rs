//! What rclone's remotes are in our words, kind by kind. Options and their meaning:
//! <https://rclone.org/s3/>, <https://rclone.org/azureblob/>, <https://rclone.org/googlecloudstorage/>,
//! <https://rclone.org/sftp/>, <https://rclone.org/webdav/>,
//! <https://rclone.org/ftp/>.

use std::path::PathBuf;

use super::file::Remote;
use super::{Translated, dropped, obscure};
use crate::spec::{Azure, Connection, Ftp, FtpTls, Gcs, S3, Secret, SecretField, Sftp, Webdav};

/// A remote in our words, or why it cannot be said in them.
pub(super) fn translate(remote: &Remote) -> Result<Translated, String> {
    match remote.get("type") {
        Some("s3") => s3(remote),
        Some("azureblob") => azure(remote),
        Some("google cloud storage") => gcs(remote),
        Some("sftp") => sftp(remote),
        Some("webdav") => webdav(remote),
        Some("ftp") => ftp(remote),
        Some(kind) => Err(format!(
            "it is of the kind {kind}; only s3, azureblob, google cloud storage, sftp, webdav and ftp can be imported"
        )),
        None => Err("it names no type".into()),
    }
}

fn s3(remote: &Remote) -> Result<Translated, String> {
    const CHANGED: [&str; 8] = [
        "role_arn",
        "ibm_api_key",
        "requester_pays",
        "sse_customer_algorithm",
        "sse_customer_key",
        "sse_customer_key_base64",
        "v2_auth",
        "shared_credentials_file",
    ];
    refuse(remote, &CHANGED)?;
    let keys = [
        ("access_key_id", SecretField::AccessKeyId),
        ("secret_access_key", SecretField::SecretAccessKey),
        ("session_token", SecretField::SessionToken),
    ];
    let secrets: Vec<_> =
        keys.iter().filter_map(|(key, field)| Some((*field, plain(remote, key)?))).collect();
    // These refuse a bucket in the path.
    let by_host = matches!(remote.get("provider"), Some("Alibaba" | "TencentCOS"));
    let path_style = flag(remote, "force_path_style")?.or(by_host.then_some(false));
    let from_environment = flag(remote, "env_auth")?.unwrap_or(false);
    let connection = S3 {
        endpoint: remote.get("endpoint").map(with_scheme),
        region: remote.get("region").map(ToOwned::to_owned),
        path_style,
        profile: remote.get("profile").filter(|_| from_environment).map(ToOwned::to_owned),
        anonymous: secrets.is_empty() && !from_environment,
        ..S3::default()
    };
    let used = [
        "provider",
        "endpoint",
        "region",
        "force_path_style",
        "env_auth",
        "profile",
        "access_key_id",
        "secret_access_key",
        "session_token",
    ];
    Ok(Translated { connection: Connection::S3(connection), secrets, dropped: dropped(remote, &used) })
}

fn azure(remote: &Remote) -> Result<Translated, String> {
    const CHANGED: [&str; 9] = [
        "client_certificate_path",
        "username",
        "service_principal_file",
        "msi_object_id",
        "msi_mi_res_id",
        "disable_instance_discovery",
        "use_az",
        "env_auth",
        "connection_string",
    ];
    refuse(remote, &CHANGED)?;
    let is_emulator = flag(remote, "use_emulator")?.unwrap_or(false);
    if is_emulator {
        return Err("it is an emulator; add it with `sluice connections add` and its address".into());
    }
    let mut secrets = Vec::new();
    secrets.extend(plain(remote, "key").map(|key| (SecretField::AccountKey, key)));
    let (mut account, mut endpoint) = (remote.get("account").map(ToOwned::to_owned), None);
    if let Some(sas) = remote.get("sas_url") {
        // rclone takes what stands there and nothing else.
        let wrong = || "its sas_url is no address with a SAS token".to_owned();
        let (base, token) = sas.split_once('?').ok_or_else(wrong)?;
        let url = reqwest::Url::parse(base).map_err(|_| wrong())?;
        if !url.path().trim_matches('/').is_empty() {
            return Err("its sas_url is for one container alone; add it with `sluice connections add`".into());
        }
        account = account.or_else(|| url.host_str()?.split('.').next().map(ToOwned::to_owned));
        endpoint = Some(base.trim_end_matches('/').to_owned());
        secrets = vec![(SecretField::SasToken, Secret::new(token.to_owned()))];
    } else if let Some(own) = remote.get("endpoint") {
        // rclone puts the account before it.
        let account = account.as_deref().ok_or("it names no account; add it in rclone first")?;
        let host = own.split_once("://").map_or(own, |(_, host)| host).trim_end_matches('/');
        endpoint = Some(format!("https://{account}.{host}"));
    }
    let managed_identity = flag(remote, "use_msi")?.unwrap_or(false);
    let (mut tenant, mut client_id) = (None, None);
    if secrets.is_empty() && managed_identity {
        client_id = remote.get("msi_client_id").map(ToOwned::to_owned);
    } else if secrets.is_empty()
        && let Some(secret) = plain(remote, "client_secret")
    {
        tenant = remote.get("tenant").map(ToOwned::to_owned);
        client_id = remote.get("client_id").map(ToOwned::to_owned);
        if tenant.is_none() || client_id.is_none() {
            return Err("its client_secret needs a tenant and a client_id beside it".into());
        }
        secrets = vec![(SecretField::ClientSecret, secret)];
    }
    let managed_identity = managed_identity && secrets.is_empty();
    let anonymous = secrets.is_empty() && !managed_identity;
    let used = [
        "account",
        "key",
        "sas_url",
        "endpoint",
        "use_emulator",
        "tenant",
        "client_id",
        "client_secret",
        "use_msi",
        "msi_client_id",
    ];
    let connection =
        Azure { account, endpoint, tenant, client_id, managed_identity, anonymous, ..Azure::default() };
    let connection = Connection::Azure(connection);
    Ok(Translated { connection, secrets, dropped: dropped(remote, &used) })
}

fn gcs(remote: &Remote) -> Result<Translated, String> {
    const CHANGED: [&str; 5] = ["client_id", "client_secret", "token", "access_token", "user_project"];
    refuse(remote, &CHANGED)?;
    let key = plain(remote, "service_account_credentials");
    let key_file = remote.get("service_account_file").map(at_home).filter(|_| key.is_none());
    let from_environment = flag(remote, "env_auth")?.unwrap_or(false);
    let anonymous = flag(remote, "anonymous")?.unwrap_or(false);
    if key.is_none() && key_file.is_none() && !from_environment && !anonymous {
        return Err(
            "it signs in by a person's browser, which this version does not; name a service account in it"
                .into(),
        );
    }
    let connection =
        Connection::Gcs(Gcs { endpoint: remote.get("endpoint").map(with_scheme), key_file, anonymous });
    let secrets = key.map(|key| (SecretField::ServiceAccountKey, key)).into_iter().collect();
    let used = ["service_account_credentials", "service_account_file", "env_auth", "anonymous", "endpoint"];
    Ok(Translated { connection, secrets, dropped: dropped(remote, &used) })
}

fn sftp(remote: &Remote) -> Result<Translated, String> {
    refuse(
        remote,
        &[
            "key_pem",
            "ssh",
            "server_command",
            "subsystem",
            "socks_proxy",
            "http_proxy",
            "ask_password",
            "host_keys",
        ],
    )?;
    let mut secrets = Vec::new();
    secrets.extend(obscured(remote, "pass", SecretField::Password)?);
    secrets.extend(obscured(remote, "key_file_pass", SecretField::KeyPassphrase)?);
    let connection = Sftp {
        port: port(remote)?,
        user: remote.get("user").map(ToOwned::to_owned),
        key: remote.get("key_file").map(at_home),
        known_hosts: remote.get("known_hosts_file").map(at_home),
        sessions: sessions(remote, "connections")?,
        ..Sftp::at(required(remote, "host")?)
    };
    let used =
        ["host", "port", "user", "pass", "key_file", "key_file_pass", "known_hosts_file", "connections"];
    Ok(Translated { connection: Connection::Sftp(connection), secrets, dropped: dropped(remote, &used) })
}

fn webdav(remote: &Remote) -> Result<Translated, String> {
    refuse(remote, &["headers", "unix_socket", "bearer_token_command", "auth_redirect"])?;
    if let Some(vendor @ ("sharepoint" | "sharepoint-ntlm")) = remote.get("vendor") {
        return Err(format!("the vendor {vendor} signs in in a way that this version does not speak"));
    }
    let mut secrets = Vec::new();
    secrets.extend(obscured(remote, "pass", SecretField::Password)?);
    secrets.extend(plain(remote, "bearer_token").map(|token| (SecretField::Token, token)));
    let connection =
        Webdav { user: remote.get("user").map(ToOwned::to_owned), ..Webdav::at(required(remote, "url")?) };
    let used = ["url", "vendor", "user", "pass", "bearer_token"];
    Ok(Translated { connection: Connection::Webdav(connection), secrets, dropped: dropped(remote, &used) })
}

fn ftp(remote: &Remote) -> Result<Translated, String> {
    refuse(remote, &["no_check_certificate", "socks_proxy", "http_proxy", "ask_password"])?;
    let secrets: Vec<_> = obscured(remote, "pass", SecretField::Password)?.into_iter().collect();
    let tls = match (flag(remote, "tls")?, flag(remote, "explicit_tls")?) {
        (Some(true), _) => FtpTls::Implicit,
        (_, Some(true)) => FtpTls::Explicit,
        _ => FtpTls::None,
    };
    let connection = Ftp {
        port: port(remote)?,
        // Without a user, rclone takes that of the computer, and we take nobody.
        user: Some(required(remote, "user")?),
        tls,
        sessions: sessions(remote, "concurrency")?,
        ..Ftp::at(required(remote, "host")?)
    };
    let used = ["host", "port", "user", "pass", "tls", "explicit_tls", "concurrency"];
    Ok(Translated { connection: Connection::Ftp(connection), secrets, dropped: dropped(remote, &used) })
}

/// Refuses a remote with an option that changes what it means and that we do not have.
fn refuse(remote: &Remote, changed: &[&str]) -> Result<(), String> {
    match changed.iter().find(|key| remote.get(key).is_some_and(|value| value != "false")) {
        Some(key) => Err(format!(
            "its option {key} has no counterpart here; add it with `sluice connections add` if it works without"
        )),
        None => Ok(()),
    }
}

fn required(remote: &Remote, key: &str) -> Result<String, String> {
    remote.get(key).map(ToOwned::to_owned).ok_or_else(|| format!("it names no {key}; add it in rclone first"))
}

fn plain(remote: &Remote, key: &str) -> Option<Secret> {
    remote.get(key).map(|text| Secret::new(text.to_owned()))
}

fn obscured(remote: &Remote, key: &str, field: SecretField) -> Result<Option<(SecretField, Secret)>, String> {
    let Some(text) = remote.get(key) else { return Ok(None) };
    let revealed = obscure::reveal(text).ok_or_else(|| {
        format!("its {key} was not written by rclone; set it again with `rclone config password`")
    })?;
    Ok(Some((field, Secret::new(revealed))))
}

/// rclone takes 1, t, true and the like.
fn flag(remote: &Remote, key: &str) -> Result<Option<bool>, String> {
    match remote.get(key).map(str::to_ascii_lowercase).as_deref() {
        None => Ok(None),
        Some("1" | "t" | "true") => Ok(Some(true)),
        Some("0" | "f" | "false") => Ok(Some(false)),
        Some(_) => Err(format!("its option {key} is neither true nor false")),
    }
}

fn port(remote: &Remote) -> Result<Option<u16>, String> {
    number(remote, "port")
}

/// 0 is rclone's word for no limit.
fn sessions(remote: &Remote, key: &str) -> Result<Option<u32>, String> {
    Ok(number(remote, key)?.filter(|sessions| *sessions > 0))
}

fn number<T: std::str::FromStr>(remote: &Remote, key: &str) -> Result<Option<T>, String> {
    remote
        .get(key)
        .map(str::parse)
        .transpose()
        .map_err(|_| format!("its option {key} is no number that fits"))
}

/// rclone takes an endpoint without a scheme for https.
fn with_scheme(endpoint: &str) -> String {
    if endpoint.contains("://") { endpoint.to_owned() } else { format!("https://{endpoint}") }
}

/// rclone writes `~` for the user's folder.
fn at_home(path: &str) -> PathBuf {
    match (path.strip_prefix("~/"), dirs::home_dir()) {
        (Some(below), Some(home)) => home.join(below),
        _ => path.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::file::read;
    use super::*;

    fn translated(section: &str) -> Result<Translated, String> {
        let remotes = read(format!("[x]\n{section}").as_bytes()).unwrap_or_else(|error| panic!("{error}"));
        translate(&remotes[0])
    }

    #[track_caller]
    fn taken(section: &str) -> Translated {
        translated(section).unwrap_or_else(|why| panic!("{why}"))
    }

    fn shown(translated: &Translated) -> Vec<(SecretField, &str)> {
        translated.secrets.iter().map(|(field, secret)| (*field, secret.expose())).collect()
    }

    #[test]
    fn object_storage_keeps_its_endpoint_and_its_keys() {
        let s3 = taken(
            "type = s3\nprovider = Minio\naccess_key_id = AK\nsecret_access_key = SK\nendpoint = s3.example:9000\n\
             region = eu-1\nforce_path_style = true\nupload_concurrency = 8\nacl = private\n",
        );
        let expected = S3 {
            endpoint: Some("https://s3.example:9000".into()),
            region: Some("eu-1".into()),
            path_style: Some(true),
            ..S3::default()
        };
        assert_eq!(s3.connection, Connection::S3(expected));
        assert_eq!(shown(&s3), [(SecretField::AccessKeyId, "AK"), (SecretField::SecretAccessKey, "SK")]);
        assert_eq!(s3.dropped, ["acl", "upload_concurrency"]);
    }

    #[test]
    fn object_storage_signs_in_by_the_environment_or_not_at_all() {
        let from_environment = S3 { profile: Some("p".into()), ..S3::default() };
        assert_eq!(
            taken("type = s3\nenv_auth = true\nprofile = p\n").connection,
            Connection::S3(from_environment)
        );
        let public = S3 { anonymous: true, ..S3::default() };
        assert_eq!(taken("type = s3\nenv_auth = false\n").connection, Connection::S3(public));
    }

    #[test]
    fn the_other_clouds_keep_their_accounts_and_their_keys() {
        let azure = taken("type = azureblob\naccount = media01\nkey = AK==\nupload_cutoff = 1\n");
        let expected = Azure { account: Some("media01".into()), ..Azure::default() };
        assert_eq!(azure.connection, Connection::Azure(expected.clone()));
        assert_eq!((shown(&azure), azure.dropped.len()), (vec![(SecretField::AccountKey, "AK==")], 1));
        let sas = taken("type = azureblob\nsas_url = https://media01.blob.core.windows.net/?sv=1&sig=x\n");
        let endpoint = Some("https://media01.blob.core.windows.net".to_owned());
        assert_eq!(sas.connection, Connection::Azure(Azure { endpoint, ..expected.clone() }));
        assert_eq!(shown(&sas), [(SecretField::SasToken, "sv=1&sig=x")]);
        let china =
            taken("type = azureblob\naccount = media01\nkey = K\nendpoint = blob.core.chinacloudapi.cn\n");
        let endpoint = Some("https://media01.blob.core.chinacloudapi.cn".to_owned());
        assert_eq!(china.connection, Connection::Azure(Azure { endpoint, ..expected.clone() }));
        let application =
            taken("type = azureblob\naccount = media01\ntenant = t\nclient_id = c\nclient_secret = S\n");
        let signs_in = Azure { tenant: Some("t".into()), client_id: Some("c".into()), ..expected.clone() };
        assert_eq!(application.connection, Connection::Azure(signs_in));
        assert_eq!(shown(&application), [(SecretField::ClientSecret, "S")]);
        let machine = taken("type = azureblob\naccount = media01\nuse_msi = true\n");
        assert_eq!(machine.connection, Connection::Azure(Azure { managed_identity: true, ..expected }));
        assert_eq!(shown(&machine), []);

        let gcs = taken("type = google cloud storage\nservice_account_file = /k.json\nproject_number = 1\n");
        assert_eq!(
            gcs.connection,
            Connection::Gcs(Gcs { key_file: Some("/k.json".into()), ..Gcs::default() })
        );
        let inline = taken("type = google cloud storage\nservice_account_credentials = {\"a\":1}\n");
        assert_eq!(inline.connection, Connection::Gcs(Gcs::default()));
        assert_eq!(shown(&inline), [(SecretField::ServiceAccountKey, "{\"a\":1}")]);
    }

    #[test]
    fn passwords_of_servers_are_revealed() {
        let sftp = taken(
            "type = sftp\nhost = nas\nport = 2022\nuser = u\npass = KoR50feiUcatQzw-Ln9wUKFd8sbO\n\
             key_file = /k\nconnections = 0\n",
        );
        let expected = Sftp {
            port: Some(2022),
            user: Some("u".into()),
            key: Some("/k".into()),
            ..Sftp::at("nas".into())
        };
        assert_eq!(
            (&sftp.connection, shown(&sftp)),
            (&Connection::Sftp(expected), vec![(SecretField::Password, "hallo")])
        );

        let webdav = taken("type = webdav\nurl = https://d/x\nvendor = nextcloud\nbearer_token = T\n");
        assert_eq!(webdav.connection, Connection::Webdav(Webdav::at("https://d/x".into())));
        assert_eq!(shown(&webdav), [(SecretField::Token, "T")]);

        let ftp = taken("type = ftp\nhost = h\nuser = u\nexplicit_tls = true\nconcurrency = 4\n");
        let expected = Ftp { user: Some("u".into()), sessions: Some(4), ..Ftp::at("h".into()) };
        assert_eq!(ftp.connection, Connection::Ftp(expected));
    }

    #[test]
    fn what_would_mean_something_else_is_left() {
        for (section, word) in [
            ("type = s3\nsse_customer_key = k", "sse_customer_key"),
            ("type = s3\nv2_auth = true", "v2_auth"),
            ("type = s3\nenv_auth = maybe", "env_auth"),
            ("type = sftp\nhost = h\nkey_pem = hunter2", "key_pem"),
            ("type = sftp\nhost = h\npass = hunter2", "pass"),
            ("type = sftp\nhost = h\nport = 99999", "port"),
            ("type = sftp\nuser = u", "host"),
            ("type = webdav\nurl = https://d\nvendor = sharepoint", "sharepoint"),
            ("type = webdav\nurl = https://d\nheaders = Cookie,hunter2", "headers"),
            ("type = ftp\nhost = h\nuser = u\nno_check_certificate = true", "no_check_certificate"),
            ("type = ftp\nhost = h", "user"),
            ("type = azureblob\naccount = a\nclient_secret = hunter2", "client_secret"),
            ("type = azureblob\nsas_url = hunter2", "sas_url"),
            ("type = google cloud storage\ntoken = hunter2", "token"),
            ("type = google cloud storage", "service account"),
            ("type = alias\nremote = a:b", "alias"),
            ("host = h", "type"),
        ] {
            let why = translated(section).err().expect(section);
            assert!(why.contains(word) && !why.contains("hunter2"), "{section}: {why}");
        }
        assert!(translated("type = s3\nv2_auth = false").is_ok());
    }
}
