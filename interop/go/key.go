package main

import (
	"crypto/rand"
	"fmt"

	"github.com/libp2p/go-libp2p/core/crypto"
)

// The shortest key that every implementation accepts.
const rsaBits = 2048

// generateKey makes an identity of the type that the command line names.
func generateKey(name string) (crypto.PrivKey, error) {
	types := map[string]int{
		"ed25519":   crypto.Ed25519,
		"secp256k1": crypto.Secp256k1,
		"ecdsa":     crypto.ECDSA,
		"rsa":       crypto.RSA,
	}
	keyType, known := types[name]
	if !known {
		return nil, fmt.Errorf("no key type is called %q", name)
	}
	key, _, err := crypto.GenerateKeyPairWithReader(keyType, rsaBits, rand.Reader)
	return key, err
}
