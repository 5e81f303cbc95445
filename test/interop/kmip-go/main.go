// Walks one AES key through its life cycle with the client of github.com/ovh/kmip-go, a strict KMIP implementation that
// shares no code with ours. One line a step; exits 1 at the first step that goes otherwise than KMIP 1.1 says.
package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"

	"github.com/ovh/kmip-go"
	"github.com/ovh/kmip-go/kmipclient"
)

func main() {
	address := flag.String("address", "127.0.0.1:5696", "host:port of the key server")
	cert := flag.String("cert", "cert.pem", "client certificate")
	key := flag.String("key", "key.pem", "client key")
	ca := flag.String("ca", "ca.pem", "certificate authority of the key server")
	minor := flag.Int("minor", 1, "minor version of KMIP 1 to speak")
	flag.Parse()

	version := kmip.ProtocolVersion{ProtocolVersionMajor: 1, ProtocolVersionMinor: int32(*minor)}
	client, err := kmipclient.Dial(*address, kmipclient.WithClientCertFiles(*cert, *key), kmipclient.WithRootCAFile(*ca),
		kmipclient.WithKmipVersions(version))
	check("connect and negotiate a version", err)
	defer client.Close()
	expect("negotiated version", client.Version() == version, client.Version())

	query, err := client.Query().Operations().Objects().Exec()
	check("Query", err)
	expect("Query lists operations", len(query.Operations) > 0, len(query.Operations))

	created, err := client.Create().
		AES(256, kmip.CryptographicUsageEncrypt|kmip.CryptographicUsageDecrypt).
		WithName("interop-kmip-go").
		Exec()
	check("Create", err)
	id := created.UniqueIdentifier

	located, err := client.Locate().WithName("interop-kmip-go").Exec()
	check("Locate", err)
	expect("Locate finds the key", len(located.UniqueIdentifier) == 1 && located.UniqueIdentifier[0] == id, located.UniqueIdentifier)

	expect("state after Create", state(client, id) == kmip.StatePreActive, state(client, id))
	_, err = client.Activate(id).Exec()
	check("Activate", err)
	expect("state after Activate", state(client, id) == kmip.StateActive, state(client, id))

	first, second := material(client, id), material(client, id)
	expect("Get returns the same 32 bytes twice", len(first) == 32 && bytes.Equal(first, second), len(first))

	_, err = client.AddAttribute(id, "x-Product", "interop").Exec()
	check("Add Attribute", err)
	_, err = client.ModifyAttribute(id, "x-Product", "interop, changed").Exec()
	check("Modify Attribute", err)
	_, err = client.DeleteAttribute(id, "x-Product").Exec()
	check("Delete Attribute", err)

	if *minor >= 2 {
		useKey(client, id)
		useKeyPair(client)
	}

	refused("Destroy of an Active key", client, client.Destroy(id), kmip.ResultReasonPermissionDenied)
	_, err = client.Revoke(id).WithRevocationReasonCode(kmip.RevocationReasonCodeCessationOfOperation).Exec()
	check("Revoke", err)
	expect("state after Revoke", state(client, id) == kmip.StateDeactivated, state(client, id))
	expect("Get still works when Deactivated", bytes.Equal(first, material(client, id)), "other bytes")
	_, err = client.Destroy(id).Exec()
	check("Destroy", err)
	expect("state after Destroy", state(client, id) == kmip.StateDestroyed, state(client, id))
	refused("Get of an unknown key", client, client.Get("no-such-key"), kmip.ResultReasonItemNotFound)

	secret, err := client.Register().SecretString(kmip.SecretDataTypePassword, "a password").Exec()
	check("Register of secret data", err)
	_, err = client.Destroy(secret.UniqueIdentifier).Exec()
	check("Destroy of secret data", err)
	fmt.Println("life cycle complete")
}

// useKey lets the server encrypt and decrypt with a key that stays there (KMIP 1.2).
func useKey(client *kmipclient.Client, id string) {
	parameters := kmip.CryptographicParameters{BlockCipherMode: kmip.BlockCipherModeCBC, PaddingMethod: kmip.PaddingMethodPKCS5}
	iv, plain := bytes.Repeat([]byte{7}, 16), []byte("twenty-one bytes long")
	sealed, err := client.Encrypt(id).WithCryptographicParameters(parameters).WithIvCounterNonce(iv).Data(plain).Exec()
	check("Encrypt", err)
	expect("Encrypt answers ciphertext", len(sealed.Data) == 32 && !bytes.Contains(sealed.Data, plain), len(sealed.Data))
	opened, err := client.Decrypt(id).WithCryptographicParameters(parameters).WithIvCounterNonce(iv).Data(sealed.Data).Exec()
	check("Decrypt", err)
	expect("Decrypt gives the data back", bytes.Equal(opened.Data, plain), opened.Data)
}

// useKeyPair makes a pair on a named curve, signs with one half and judges with the other (KMIP 1.2).
func useKeyPair(client *kmipclient.Client) {
	pair, err := client.CreateKeyPair().
		ECDSA(kmip.RecommendedCurveP_256, kmip.CryptographicUsageSign, kmip.CryptographicUsageVerify).
		Exec()
	check("Create Key Pair on P-256", err)
	for _, id := range []string{pair.PrivateKeyUniqueIdentifier, pair.PublicKeyUniqueIdentifier} {
		_, err = client.Activate(id).Exec()
		check("Activate of one half", err)
	}
	parameters := kmip.CryptographicParameters{DigitalSignatureAlgorithm: kmip.DigitalSignatureAlgorithmECDSAWithSHA256}
	data := []byte("signed at the server")
	signed, err := client.Sign(pair.PrivateKeyUniqueIdentifier).WithCryptographicParameters(parameters).Data(data).Exec()
	check("Sign", err)
	judged, err := client.SignatureVerify(pair.PublicKeyUniqueIdentifier).WithCryptographicParameters(parameters).
		Data(data).Signature(signed.SignatureData).Exec()
	check("Signature Verify", err)
	expect("the signature is valid", judged.ValidityIndicator == kmip.ValidityIndicatorValid, judged.ValidityIndicator)
}

func state(client *kmipclient.Client, id string) kmip.State {
	attributes, err := client.GetAttributes(id, kmip.AttributeNameState).Exec()
	check("Get Attributes [State]", err)
	for _, attribute := range attributes.Attribute {
		if value, ok := attribute.AttributeValue.(kmip.State); ok {
			return value
		}
	}
	fail("Get Attributes [State]", "no State in the answer")
	return 0
}

func material(client *kmipclient.Client, id string) []byte {
	answer, err := client.Get(id).Exec()
	check("Get", err)
	symmetric, ok := answer.Object.(*kmip.SymmetricKey)
	expect("Get answers a symmetric key", ok, answer.ObjectType)
	bytes, err := symmetric.KeyMaterial()
	check("key material of Get", err)
	return bytes
}

func refused(step string, client *kmipclient.Client, request kmipclient.PayloadBuilder, reason kmip.ResultReason) {
	payload, err := request.Build()
	check(step+" is sent", err)
	answers, err := client.Batch(context.Background(), payload)
	check(step+" is answered", err)
	expect(step+" is refused", len(answers) == 1 && answers[0].ResultReason == reason, answers)
}

func check(step string, err error) {
	if err != nil {
		fail(step, err)
	}
	fmt.Println("ok", step)
}

func expect(step string, holds bool, seen any) {
	if !holds {
		fail(step, seen)
	}
	fmt.Println("ok", step)
}

func fail(step string, seen any) {
	fmt.Println("FAILED", step+":", seen)
	os.Exit(1)
}
