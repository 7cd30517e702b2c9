"""The cluster's certificates and the kubeconfigs of its programs, made once.

Every program has an identity of its own, as in a cluster that kubeadm made, so that RBAC and the Node authorizer
mean something. https://kubernetes.io/docs/setup/best-practices/certificates/ says which certificates there are.
"""

from __future__ import annotations

import base64
import datetime as dt
import ipaddress
import json
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from cluster.settings import API_SERVER, KUBECONFIG, NODE, NODE_ADDRESS, PKI, SERVICE_ADDRESS, STATE

_YEARS = dt.timedelta(days=3650)
_API_NAMES = (
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
    "kubernetes.default.svc.cluster.local",
    "localhost",
)


@dataclass(frozen=True)
class Authority:
    """A certificate that signs others."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_bytes(data)


def _write_key(path: Path, key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> None:
    _write(
        path,
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        ),
    )


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _name(common_name: str, organization: str = "") -> x509.Name:
    parts = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization)] if organization else []
    return x509.Name([*parts, x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + _YEARS)
    )


def _authority(name: str) -> Authority:
    """Makes a certificate authority and writes it."""
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = (
        _builder(_name(name), _name(name), key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .sign(key, hashes.SHA256())
    )
    _write_key(PKI / f"{name}.key", key)
    _write(PKI / f"{name}.crt", _pem(certificate))
    return Authority(certificate, key)


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_encipherment=not signs,
        key_cert_sign=signs,
        crl_sign=signs,
        content_commitment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _certificate(
    file: str, authority: Authority, common_name: str, organization: str = "", serves: tuple[str, ...] = ()
) -> None:
    """Makes a certificate: a server's if it serves under names and addresses, else a client's."""
    key = ec.generate_private_key(ec.SECP256R1())
    purpose = ExtendedKeyUsageOID.SERVER_AUTH if serves else ExtendedKeyUsageOID.CLIENT_AUTH
    builder = (
        _builder(_name(common_name, organization), authority.certificate.subject, key)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
    )
    if serves:
        builder = builder.add_extension(x509.SubjectAlternativeName([_served(name) for name in serves]), critical=False)
    _write_key(PKI / f"{file}.key", key)
    _write(PKI / f"{file}.crt", _pem(builder.sign(authority.key, hashes.SHA256())))


def _served(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def kubeconfig(program: str) -> Path:
    """Where the kubeconfig of a program is."""
    return KUBECONFIG if program == "admin" else STATE / f"{program}.kubeconfig"


def _write_kubeconfig(program: str) -> None:
    def data(file: str) -> str:
        return base64.b64encode((PKI / file).read_bytes()).decode()

    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {
                "name": "local",
                "cluster": {"server": API_SERVER, "certificate-authority-data": data("kubernetes-ca.crt")},
            }
        ],
        "users": [
            {
                "name": program,
                "user": {
                    "client-certificate-data": data(f"{program}.crt"),
                    "client-key-data": data(f"{program}.key"),
                },
            }
        ],
        "contexts": [{"name": "local", "context": {"cluster": "local", "user": program}}],
        "current-context": "local",
    }
    _write(kubeconfig(program), json.dumps(document, indent=1).encode())


def make() -> None:
    """Makes what is needed, unless it is there."""
    done = PKI / "complete"
    if done.exists():
        return
    PKI.mkdir(parents=True, exist_ok=True)
    PKI.chmod(0o700)
    authority = _authority("kubernetes-ca")
    front_proxy = _authority("front-proxy-ca")
    _certificate(
        "kube-apiserver",
        authority,
        "kube-apiserver",
        serves=(*_API_NAMES, "127.0.0.1", NODE_ADDRESS, SERVICE_ADDRESS),
    )
    _certificate("kubelet-server", authority, f"system:node:{NODE}", "system:nodes", serves=(NODE, NODE_ADDRESS))
    _certificate("front-proxy-client", front_proxy, "front-proxy-client")
    _certificate("kube-apiserver-kubelet-client", authority, "kube-apiserver-kubelet-client", "system:masters")
    for program, user, group in (
        ("admin", "kubernetes-admin", "system:masters"),
        ("kube-controller-manager", "system:kube-controller-manager", ""),
        ("kube-scheduler", "system:kube-scheduler", ""),
        ("kube-proxy", "system:kube-proxy", ""),
        ("kubelet", f"system:node:{NODE}", "system:nodes"),
    ):
        _certificate(program, authority, user, group)
        _write_kubeconfig(program)
    tokens = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    _write_key(PKI / "service-accounts.key", tokens)
    _write(
        PKI / "service-accounts.pub",
        tokens.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo),
    )
    done.touch()
