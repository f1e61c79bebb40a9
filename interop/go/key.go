package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"fmt"

	"github.com/libp2p/go-libp2p/core/crypto"
)

// The shortest key that every implementation accepts.
const rsaBits = 2048

// generateKey makes an identity of the type that the command line names, or the one that follows from the seed.
func generateKey(options options) (crypto.PrivKey, error) {
	if options.seed != 0 {
		secret := bytes.Repeat([]byte{byte(options.seed)}, ed25519.SeedSize)
		return crypto.UnmarshalEd25519PrivateKey(ed25519.NewKeyFromSeed(secret))
	}
	types := map[string]int{
		"ed25519":   crypto.Ed25519,
		"secp256k1": crypto.Secp256k1,
		"ecdsa":     crypto.ECDSA,
		"rsa":       crypto.RSA,
	}
	keyType, known := types[options.key]
	if !known {
		return nil, fmt.Errorf("no key type is called %q", options.key)
	}
	key, _, err := crypto.GenerateKeyPairWithReader(keyType, rsaBits, rand.Reader)
	return key, err
}
