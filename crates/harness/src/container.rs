//! One node as a container of the shipped image.

use std::net::Ipv4Addr;
use std::path::Path;

use anyhow::{Context, Result};
use testcontainers::core::Mount;
use testcontainers::runners::AsyncRunner;
use testcontainers::{ContainerAsync, GenericImage, ImageExt};

use crate::network::{Cut, cut_container, run};

/// The image that `cargo xtask image` builds; nothing is pulled.
const IMAGE: (&str, &str) = ("tongban", "local");

/// A container, made once and started as often as it is killed. Removed when dropped.
pub(crate) struct Container {
    container: ContainerAsync<GenericImage>,
}

impl std::fmt::Debug for Container {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Container({})", self.container.id())
    }
}

/// Whether there is a docker to run containers with.
pub fn docker_answers() -> bool {
    run("docker", &["info"]).is_ok()
}

/// Whether the image is there.
pub fn image_is_built() -> bool {
    run("docker", &["image", "inspect", &format!("{}:{}", IMAGE.0, IMAGE.1)]).is_ok()
}

impl Container {
    /// Runs a node's program on its folder, which lies at the same place inside.
    pub(crate) async fn run(program: &str, name: &str, network: &str, folder: &Path) -> Result<Self> {
        let place = folder.to_str().context("a folder with a readable name")?;
        let image = GenericImage::new(IMAGE.0, IMAGE.1)
            .with_entrypoint(&format!("/{program}"))
            .with_cmd(["--config".to_owned(), format!("{place}/node.toml")])
            .with_mount(Mount::bind_mount(place, place))
            .with_network(network)
            .with_container_name(format!("{network}-{name}"))
            .with_hostname(name);
        Ok(Self { container: image.start().await? })
    }

    pub(crate) fn address(&self) -> Result<Ipv4Addr> {
        let form = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}";
        Ok(run("docker", &["inspect", "-f", form, self.container.id()])?.parse()?)
    }

    pub(crate) async fn start_again(&self) -> Result<()> {
        Ok(self.container.start().await?)
    }

    pub(crate) fn kill(&self) -> Result<()> {
        if self.process()? == "0" {
            return Ok(());
        }
        run("docker", &["kill", "-s", "KILL", self.container.id()]).map(drop)
    }

    pub(crate) async fn pause(&self) -> Result<()> {
        Ok(self.container.pause().await?)
    }

    pub(crate) async fn resume(&self) -> Result<()> {
        Ok(self.container.unpause().await?)
    }

    pub(crate) fn cut(&self, cut: Cut) -> Result<()> {
        cut_container(&self.process()?, cut)
    }

    /// The number of its first process; `0` while it does not run.
    pub(crate) fn process(&self) -> Result<String> {
        run("docker", &["inspect", "-f", "{{.State.Pid}}", self.container.id()])
    }

    /// SIGTERM, and its exit code.
    pub(crate) async fn terminate(&self) -> Result<Option<i64>> {
        self.container.stop_with_timeout(Some(30)).await?;
        Ok(self.container.exit_code().await?)
    }

    pub(crate) fn log(&self) -> String {
        run("docker", &["logs", self.container.id()]).unwrap_or_else(|why| why.to_string())
    }
}
