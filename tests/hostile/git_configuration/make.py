"""A repository whose configuration runs commands: Git would not keep such a folder in a repository."""

from pathlib import Path

CONFIG = """[core]
\trepositoryformatversion = 0
\tbare = false
\tfsmonitor = "touch /tmp/hostile-left-git-fsmonitor; false"
\thooksPath = hooks
\tpager = "touch /tmp/hostile-left-git-pager; cat"
\tsshCommand = "touch /tmp/hostile-left-git-ssh"
\teditor = "touch /tmp/hostile-left-git-editor"
[diff]
\texternal = "touch /tmp/hostile-left-git-diff"
[filter "left"]
\tclean = "touch /tmp/hostile-left-git-clean; cat"
\tsmudge = "touch /tmp/hostile-left-git-smudge; cat"
[gpg]
\tprogram = "touch /tmp/hostile-left-git-gpg"
[log]
\tshowSignature = true
[include]
\tpath = /etc/passwd
"""


def make(workspace: Path) -> None:
    git = workspace / ".git"
    for name in ("objects/info", "objects/pack", "refs/heads", "hooks"):
        (git / name).mkdir(parents=True, exist_ok=True)
    (git / "HEAD").write_text("ref: refs/heads/main\n")
    (git / "config").write_text(CONFIG)
    for hook in ("post-checkout", "post-index-change", "reference-transaction"):
        path = git / "hooks" / hook
        path.write_text("#!/bin/sh\ntouch /tmp/hostile-left-git-hook\n")
        path.chmod(0o755)
    (workspace / ".gitattributes").write_text("* filter=left diff=left\n")
