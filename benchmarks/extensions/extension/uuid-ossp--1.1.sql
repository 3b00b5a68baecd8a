CREATE FUNCTION uuid_generate_v4() RETURNS uuid LANGUAGE internal VOLATILE STRICT PARALLEL SAFE AS 'gen_random_uuid';
