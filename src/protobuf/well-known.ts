/** Files that everybody imports, and services that everybody has: their declarations, by path. */

const google = (body: string) => `package google.protobuf; ${body}`;
const wrapper = (name: string, type: string) => `message ${name} { ${type} value = 1; }`;

/** Options and descriptors are imported for annotations, which say nothing about messages. */
const empty = google('');

const wrappers = [
  wrapper('DoubleValue', 'double'),
  wrapper('FloatValue', 'float'),
  wrapper('Int64Value', 'int64'),
  wrapper('UInt64Value', 'uint64'),
  wrapper('Int32Value', 'int32'),
  wrapper('UInt32Value', 'uint32'),
  wrapper('BoolValue', 'bool'),
  wrapper('StringValue', 'string'),
  wrapper('BytesValue', 'bytes'),
].join(' ');

const struct = `
  enum NullValue { NULL_VALUE = 0; }
  message Struct { map<string, Value> fields = 1; }
  message ListValue { repeated Value values = 1; }
  message Value {
    oneof kind {
      NullValue null_value = 1; double number_value = 2; string string_value = 3;
      bool bool_value = 4; Struct struct_value = 5; ListValue list_value = 6;
    }
  }`;

const health = `
  package grpc.health.v1;
  message HealthCheckRequest { string service = 1; }
  message HealthCheckResponse {
    enum ServingStatus { UNKNOWN = 0; SERVING = 1; NOT_SERVING = 2; SERVICE_UNKNOWN = 3; }
    ServingStatus status = 1;
  }
  service Health {
    rpc Check(HealthCheckRequest) returns (HealthCheckResponse);
    rpc Watch(HealthCheckRequest) returns (stream HealthCheckResponse);
  }`;

const reflection = (version: string) => `
  package grpc.reflection.${version};
  message ServerReflectionRequest {
    string host = 1;
    oneof message_request {
      string file_by_filename = 3; string file_containing_symbol = 4;
      ExtensionRequest file_containing_extension = 5; string all_extension_numbers_of_type = 6;
      string list_services = 7;
    }
  }
  message ExtensionRequest { string containing_type = 1; int32 extension_number = 2; }
  message ServerReflectionResponse {
    string valid_host = 1;
    ServerReflectionRequest original_request = 2;
    oneof message_response {
      FileDescriptorResponse file_descriptor_response = 4;
      ExtensionNumberResponse all_extension_numbers_response = 5;
      ListServiceResponse list_services_response = 6; ErrorResponse error_response = 7;
    }
  }
  message FileDescriptorResponse { repeated bytes file_descriptor_proto = 1; }
  message ExtensionNumberResponse { string base_type_name = 1; repeated int32 extension_number = 2; }
  message ListServiceResponse { repeated ServiceResponse service = 1; }
  message ServiceResponse { string name = 1; }
  message ErrorResponse { int32 error_code = 1; string error_message = 2; }
  service ServerReflection {
    rpc ServerReflectionInfo(stream ServerReflectionRequest) returns (stream ServerReflectionResponse);
  }`;

export const wellKnown: readonly (readonly [path: string, text: string])[] = [
  ['google/protobuf/timestamp.proto', google('message Timestamp { int64 seconds = 1; int32 nanos = 2; }')],
  ['google/protobuf/duration.proto', google('message Duration { int64 seconds = 1; int32 nanos = 2; }')],
  ['google/protobuf/any.proto', google('message Any { string type_url = 1; bytes value = 2; }')],
  ['google/protobuf/empty.proto', google('message Empty {}')],
  ['google/protobuf/field_mask.proto', google('message FieldMask { repeated string paths = 1; }')],
  ['google/protobuf/wrappers.proto', google(wrappers)],
  ['google/protobuf/struct.proto', google(struct)],
  ['google/protobuf/descriptor.proto', empty],
  ['google/api/annotations.proto', empty],
  ['google/api/http.proto', empty],
  ['google/api/field_behavior.proto', empty],
  ['google/api/client.proto', empty],
  ['google/api/resource.proto', empty],
  [
    'google/rpc/status.proto',
    'package google.rpc; message Status { int32 code = 1; string message = 2; repeated google.protobuf.Any details = 3; }',
  ],
  ['grpc/health/v1/health.proto', health],
  ['grpc/reflection/v1/reflection.proto', reflection('v1')],
  ['grpc/reflection/v1alpha/reflection.proto', reflection('v1alpha')],
];
