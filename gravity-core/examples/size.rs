use gravity_core::db::Database;
#[derive(sqlx::FromRow)] #[allow(dead_code)] struct Note{id:i64,title:String}
#[tokio::main(flavor="current_thread")] async fn main(){
 let db=Database::connect("sqlite::memory:").await.unwrap();
 println!("query {}", std::mem::size_of_val(&db.query("SELECT 1")));
 println!("fetch_one {}", std::mem::size_of_val(&db.query("SELECT 1").bind(1_i64).fetch_one::<Note>()));
 println!("fetch_optional {}", std::mem::size_of_val(&db.query("SELECT 1").bind(1_i64).fetch_optional::<Note>()));
 println!("fetch_all {}", std::mem::size_of_val(&db.query("SELECT 1").bind(1_i64).fetch_all::<Note>()));
 println!("execute {}", std::mem::size_of_val(&db.query("SELECT 1").bind(1_i64).execute()));
 println!("bare {}", std::mem::size_of_val(&sqlx::query_as::<_,Note>("SELECT 1").bind(1_i64).fetch_one(db.sqlite().unwrap())));
}
