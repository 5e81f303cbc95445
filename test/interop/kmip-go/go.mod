module vcryptsim.example/interop/kmip-go

go 1.23.0

require github.com/ovh/kmip-go v0.7.0
